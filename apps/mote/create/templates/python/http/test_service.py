import json
import unittest

import nats
import service
from nats_server import NatsServer


class Greet(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        server = NatsServer()
        server.start()
        self.addCleanup(server.stop)
        self.nc = await nats.connect(server.url)
        self.addAsyncCleanup(self.nc.close)
        await service.start(self.nc)

    async def test_greets_who_is_named(self):
        reply = await self.nc.request("@NAME@.greet", b"World", timeout=10)
        self.assertEqual(json.loads(reply.data), {"text": "Hello, World!"})

    async def test_asks_for_a_name(self):
        reply = await self.nc.request("@NAME@.greet", b"", timeout=10)
        self.assertEqual(reply.headers["Nats-Service-Error-Code"], "400")


if __name__ == "__main__":
    unittest.main()
