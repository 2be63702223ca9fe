"""A service of nats.py, and a client of it that asks ours: see ../README.md for what it says."""

import asyncio
import json
import sys

import nats
from function import serve_function
from nats.micro import add_service
from nats.micro.request import ServiceError
from nats.micro.service import ServiceInfo, ServicePing, ServiceVerb, control_subject

PATIENCE = 10


async def serve(nc):
    async def echo(request):
        await request.respond(request.data)

    async def add(request):
        numbers = json.loads(request.data)
        await request.respond(json.dumps({"sum": numbers["a"] + numbers["b"]}).encode())

    async def fail(request):
        raise ServiceError(code="404", description="no such thing")

    service = await add_service(
        nc, name="PeerPython", version="1.0.0", description="a peer in python", metadata={"language": "python"}
    )
    group = service.add_group(name="peer")
    await group.add_endpoint(name="echo", handler=echo)
    await group.add_endpoint(name="add", handler=add, metadata={"form": "json"})
    await group.add_endpoint(name="fail", handler=fail, queue_group="failures")
    await nc.flush()
    print("READY", flush=True)
    await asyncio.Event().wait()


async def ask(nc, verb):
    reply = await nc.request(control_subject(verb, "Mote"), b"", timeout=PATIENCE)
    return json.loads(reply.data)


async def ping(nc):
    got = ServicePing.from_dict(await ask(nc, ServiceVerb.PING))
    return {"type": got.type, "name": got.name, "version": got.version, "id": got.id, "metadata": got.metadata}


async def info(nc):
    got = ServiceInfo.from_dict(await ask(nc, ServiceVerb.INFO))
    endpoints = {
        e.name: {"subject": e.subject, "queue_group": e.queue_group, "kind": e.metadata.get("mote.kind", "")}
        for e in got.endpoints
    }
    return {"type": got.type, "description": got.description, "endpoints": endpoints}


async def stats(nc):
    # Not by ServiceStats.from_dict, which takes no start with nanoseconds.
    got = await ask(nc, ServiceVerb.STATS)
    endpoints = {
        e["name"]: {"requests": e["num_requests"], "errors": e["num_errors"], "last_error": e["last_error"]}
        for e in got["endpoints"]
    }
    return {"type": got["type"], "endpoints": endpoints}


async def endpoint(nc):
    reply = await nc.request("echo", b"hello", timeout=PATIENCE)
    return {"body": reply.data.decode()}


async def typed(nc):
    reply = await nc.request("add", json.dumps({"a": 2, "b": 3}).encode(), timeout=PATIENCE)
    return json.loads(reply.data)


async def error(nc):
    reply = await nc.request("fail", b"", timeout=PATIENCE)
    return {
        "code": reply.headers["Nats-Service-Error-Code"],
        "text": reply.headers["Nats-Service-Error"],
        "body": reply.data.decode(),
    }


async def event(nc):
    await nc.publish("note", b"published")
    reply = await nc.request("note", b"asked", timeout=PATIENCE)
    return {"body": reply.data.decode()}


async def work(nc):
    await nc.publish("jobs.do", b"published")
    ack = await nc.jetstream(timeout=PATIENCE).publish("jobs.do", b"acknowledged")
    return {"stream": ack.stream, "sequence": ack.seq}


async def stream(nc):
    inbox = nc.new_inbox()
    replies = await nc.subscribe(inbox)
    await nc.publish("count", b"3", reply=inbox)
    items = []
    while True:
        reply = await replies.next_msg(timeout=PATIENCE)
        if "Mote-Stream-End" in reply.headers:
            return {"items": items, "end": reply.headers["Mote-Stream-End"]}
        items.append(reply.headers["Mote-Stream-Seq"] + "=" + reply.data.decode())


CHECKS = {check.__name__: check for check in (ping, info, stats, endpoint, typed, error, event, work, stream)}


async def main(mode, url, *names):
    nc = await nats.connect(url)
    if mode == "service":
        await serve(nc)
    failed = False
    for name in names:
        try:
            line = {"check": name, "got": await CHECKS[name](nc)}
        except Exception as thrown:
            line = {"check": name, "failed": repr(thrown)}
            failed = True
        print(json.dumps(line), flush=True)
    await nc.close()
    return 1 if failed else 0


sys.exit(asyncio.run(serve_function() if sys.argv[1:] == ["function"] else main(*sys.argv[1:])))
