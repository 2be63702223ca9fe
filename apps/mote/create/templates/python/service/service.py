"""The service: what it offers, and what it does."""

from nats.micro import add_service
from nats.micro.request import ServiceError


async def greet(request):
    name = request.data.decode()
    if not name:
        raise ServiceError(code="400", description="whom shall I greet?")
    await request.respond(f"Hello, {name}!".encode())


async def start(nc):
    """Starts the service; when this returns, it answers."""
    service = await add_service(nc, name="@NAME@", version="0.1.0", description="Greets who is named")
    group = service.add_group(name="@NAME@")
    await group.add_endpoint(name="greet", handler=greet)
    await nc.flush()
    return service
