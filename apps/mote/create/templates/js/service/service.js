// The service: what it offers, and what it does.
import { Svcm } from "@nats-io/services";

function greet(error, request) {
    if (error) return;
    const name = request.string();
    if (name === "") request.respondError(400, "whom shall I greet?");
    else request.respond(`Hello, ${name}!`);
}

/** Starts the service; when this has resolved, it answers. */
export async function start(nc) {
    const service = await new Svcm(nc).add({
        name: "@NAME@",
        version: "0.1.0",
        description: "Greets who is named",
    });
    service.addGroup("@NAME@").addEndpoint("greet", greet);
    await nc.flush();
    return service;
}
