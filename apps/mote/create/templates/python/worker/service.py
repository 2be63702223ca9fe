"""The service: letters published to @NAME@.send are kept in a stream until they are delivered, at least once."""

import asyncio
import json
import sys

from nats.js.api import ConsumerConfig, RetentionPolicy
from nats.micro import add_service

SUBJECT = "@NAME@.send"
STREAM = "@NAME@_send"
TRIES = 5


async def deliver(letter):
    """Does the work. What it raises is tried again, so it should do no harm to do a letter twice."""
    print(f"to {letter['to']}: {letter['text']}", flush=True)


class Worker:
    def __init__(self, work, retry_after):
        self._work = work
        self._retry_after = retry_after
        self._delivered = 0
        self._stopping = False

    async def start(self, nc):
        js = nc.jetstream()
        await js.add_stream(name=STREAM, subjects=[SUBJECT], retention=RetentionPolicy.WORK_QUEUE)
        config = ConsumerConfig(max_deliver=TRIES, ack_wait=30)
        self._letters = await js.pull_subscribe(SUBJECT, durable=STREAM, stream=STREAM, config=config)
        self._loop = asyncio.create_task(self._go_on())
        # Makes it a micro service: `mote ls` has it, and says how many were delivered.
        self._service = await add_service(nc, name="@NAME@", version="0.1.0", description="Delivers letters")
        group = self._service.add_group(name="@NAME@")
        await group.add_endpoint(name="delivered", handler=self._tell)
        await nc.flush()

    async def stop(self):
        """Finishes the letters that were begun; the others stay in the stream."""
        self._stopping = True
        await self._loop
        await self._service.stop()

    async def _tell(self, request):
        await request.respond(str(self._delivered).encode())

    async def _go_on(self):
        while not self._stopping:
            try:
                letters = await self._letters.fetch(8, timeout=1)
            except asyncio.TimeoutError:  # there was none
                continue
            for letter in letters:
                await self._do(letter)

    async def _do(self, message):
        try:
            letter = json.loads(message.data)
            if not letter["to"] or not isinstance(letter["text"], str):
                raise ValueError("it says not to whom")
        except (ValueError, KeyError, TypeError) as wrong:
            print(f"given up: {wrong}: {message.data!r}", file=sys.stderr)
            await message.term()  # no try would help
            return
        try:
            await self._work(letter)
        except Exception as failed:
            print(f"to be tried again: {failed!r}", file=sys.stderr)
            await message.nak(delay=self._retry_after)
            return
        self._delivered += 1
        await message.ack()


async def start(nc, work=deliver, retry_after=1.0):
    """Starts the service; when this returns, letters are kept and delivered."""
    worker = Worker(work, retry_after)
    await worker.start(nc)
    return worker
