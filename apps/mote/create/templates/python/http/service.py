"""The service: what it offers, and what it does."""

import json

from nats.micro import add_service
from nats.micro.request import ServiceError


async def greet(request):
    # By HTTP it is the `name` of the path.
    name = request.data.decode()
    if not name:
        raise ServiceError(code="400", description="whom shall I greet?")
    body = json.dumps({"text": f"Hello, {name}!"}).encode()
    await request.respond(body, headers={"Content-Type": "application/json"})


async def start(nc):
    """Starts the service; when this returns, it answers."""
    service = await add_service(nc, name="@NAME@", version="0.1.0", description="Greets who is named")
    group = service.add_group(name="@NAME@")
    # A gateway serves what names a route (`mote up` has one on 127.0.0.1:8080).
    await group.add_endpoint(name="greet", handler=greet, metadata={"http.route": "GET /@NAME@/greet/{name}"})
    await nc.flush()
    return service
