// As a function of mode micro: a node says by variables where to connect and what to serve.
import { headers } from "@nats-io/transport-node";
import { Svcm } from "@nats-io/services";

function headersOf(values) {
    const all = headers();
    for (const [name, value] of Object.entries(values)) all.set(name, value);
    return { headers: all };
}

function answer(_, m) {
    const asked = (name) => m.headers?.get(name) ?? "";
    switch (asked("Http-Path")) {
        case "/missing":
            m.respondError(404, "no such thing");
            break;
        case "/bytes":
            m.respond(
                m.data,
                headersOf({ "Http-Status": "201", "Content-Type": "image/x-peer", "X-Peer": "javascript" }),
            );
            break;
        default: {
            const told = {
                language: "javascript",
                method: asked("Http-Method"),
                path: asked("Http-Path"),
                query: asked("Http-Query"),
                thing: asked("X-Thing"),
                body: m.string(),
            };
            m.respond(JSON.stringify(told), headersOf({ "Content-Type": "application/json" }));
        }
    }
}

export async function serveFunction(nc) {
    const { OPENFAAS_NAME, MOTE_FUNCTION_INSTANCE, MOTE_FUNCTION_QUEUE, MOTE_FUNCTION_SUBJECT } = process.env;
    const service = await new Svcm(nc).add({
        name: OPENFAAS_NAME,
        version: "1.0.0",
        queue: MOTE_FUNCTION_QUEUE,
        metadata: { language: "javascript", "function.instance": MOTE_FUNCTION_INSTANCE },
    });
    service.addEndpoint("call", { subject: MOTE_FUNCTION_SUBJECT, handler: answer });
    await nc.flush();
    process.once("SIGTERM", () => nc.drain()); // what it was asked already is answered
    await nc.closed();
}
