// The service: what it offers, and what it does.
import { Svcm } from "@nats-io/services";
import { headers } from "@nats-io/transport-node";

/** By HTTP the data is the `name` of the path. */
function greet(error, request) {
    if (error) return;
    const name = request.string();
    if (name === "") {
        request.respondError(400, "whom shall I greet?");
        return;
    }
    const type = headers();
    type.set("Content-Type", "application/json");
    request.respond(JSON.stringify({ text: `Hello, ${name}!` }), { headers: type });
}

/** Starts the service; when this has resolved, it answers. */
export async function start(nc) {
    const service = await new Svcm(nc).add({
        name: "@NAME@",
        version: "0.1.0",
        description: "Greets who is named",
    });
    // A gateway serves what names a route (`mote up` has one on 127.0.0.1:8080).
    service.addGroup("@NAME@").addEndpoint("greet", {
        handler: greet,
        metadata: { "http.route": "GET /@NAME@/greet/{name}" },
    });
    await nc.flush();
    return service;
}
