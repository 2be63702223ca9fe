"""Runs the service until SIGINT or SIGTERM; what was begun is finished."""

import asyncio
import os
import signal

import nats
import service


async def main():
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"), name="@NAME@")
    running = await service.start(nc)
    ended = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    await ended.wait()
    await running.stop()
    await nc.drain()


asyncio.run(main())
