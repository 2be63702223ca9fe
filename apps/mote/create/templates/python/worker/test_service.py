import asyncio
import json
import unittest

import nats
import service
from nats_server import NatsServer


class Send(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        server = NatsServer()
        server.start()
        self.addCleanup(server.stop)
        self.nc = await nats.connect(server.url)
        self.addAsyncCleanup(self.nc.close)
        self.receivers = []
        self.done = asyncio.Event()

    async def send(self, work):
        """Has one letter sent, and waits until it is done."""
        running = await service.start(self.nc, work, retry_after=0.05)
        self.addAsyncCleanup(running.stop)
        kept = await self.nc.request("@NAME@.send", json.dumps({"to": "Ada", "text": "Hello!"}).encode(), timeout=10)
        self.assertEqual(json.loads(kept.data)["stream"], "@NAME@_send")
        await asyncio.wait_for(self.done.wait(), 20)

    async def test_delivers_a_letter_that_is_kept(self):
        async def work(letter):
            self.receivers.append(letter["to"])
            self.done.set()

        await self.send(work)
        self.assertEqual(self.receivers, ["Ada"])

    async def test_tries_again_what_failed(self):
        async def work(letter):
            self.receivers.append(letter["to"])
            if len(self.receivers) == 1:
                raise RuntimeError("the post office is closed")
            self.done.set()

        await self.send(work)
        self.assertEqual(self.receivers, ["Ada", "Ada"])


if __name__ == "__main__":
    unittest.main()
