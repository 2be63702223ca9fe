"""As a function of mode micro: a node says by variables where to connect and what to serve."""

import asyncio
import json
import os
import signal

import nats
from nats.micro import add_service
from nats.micro.request import ServiceError


async def answer(request):
    asked = request.headers or {}
    path = asked.get("Http-Path")
    if path == "/missing":
        raise ServiceError(code="404", description="no such thing")
    if path == "/bytes":
        headers = {"Http-Status": "201", "Content-Type": "image/x-peer", "X-Peer": "python"}
        await request.respond(request.data, headers=headers)
        return
    told = {
        "language": "python",
        "method": asked.get("Http-Method", ""),
        "path": path or "",
        "query": asked.get("Http-Query", ""),
        "thing": asked.get("X-Thing", ""),
        "body": request.data.decode(),
    }
    await request.respond(json.dumps(told).encode(), headers={"Content-Type": "application/json"})


async def serve_function():
    nc = await nats.connect(os.environ["NATS_URL"])
    service = await add_service(
        nc,
        name=os.environ["OPENFAAS_NAME"],
        version="1.0.0",
        queue_group=os.environ["MOTE_FUNCTION_QUEUE"],
        metadata={"language": "python", "function.instance": os.environ["MOTE_FUNCTION_INSTANCE"]},
    )
    await service.add_endpoint(name="call", handler=answer, subject=os.environ["MOTE_FUNCTION_SUBJECT"])
    await nc.flush()
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    await told_to_end.wait()
    await nc.drain()  # what it was asked already is answered
