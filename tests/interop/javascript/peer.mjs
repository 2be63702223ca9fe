// A service of nats.js, and a client of it that asks ours: see ../README.md for what it says.
import { jetstream } from "@nats-io/jetstream";
import { ServiceError, Svcm } from "@nats-io/services";
import { connect, createInbox } from "@nats-io/transport-node";
import { serveFunction } from "./function.mjs";

const patience = { timeout: 10_000 };

async function serve(nc) {
    const service = await new Svcm(nc).add({
        name: "PeerJavaScript",
        version: "1.0.0",
        description: "a peer in javascript",
        metadata: { language: "javascript" },
    });
    const group = service.addGroup("peer");
    group.addEndpoint("echo", (_, m) => m.respond(m.data));
    group.addEndpoint("add", {
        handler: (_, m) => {
            const { a, b } = m.json();
            m.respond(JSON.stringify({ sum: a + b }));
        },
        metadata: { form: "json" },
    });
    group.addEndpoint("fail", {
        handler: (_, m) => m.respondError(404, "no such thing", "looked everywhere"),
        queue: "failures",
    });
    await nc.flush();
    console.log("READY");
    await nc.closed();
}

/** The one reply of our service to PING, INFO or STATS, as the client of nats.js gives it. */
async function first(replies) {
    for await (const reply of await replies) return reply;
    throw new Error("nobody answered");
}

const checks = {
    async ping(nc) {
        const { type, name, version, id, metadata } = await first(new Svcm(nc).client().ping("Mote"));
        return { type, name, version, id, metadata };
    },
    async info(nc) {
        const info = await first(new Svcm(nc).client().info("Mote"));
        const endpoints = {};
        for (const e of info.endpoints) {
            endpoints[e.name] = {
                subject: e.subject,
                queue_group: e.queue_group,
                kind: e.metadata["mote.kind"] ?? "",
            };
        }
        return { type: info.type, description: info.description, endpoints };
    },
    async stats(nc) {
        const stats = await first(new Svcm(nc).client().stats("Mote"));
        const endpoints = {};
        for (const e of stats.endpoints) {
            endpoints[e.name] = { requests: e.num_requests, errors: e.num_errors, last_error: e.last_error };
        }
        return { type: stats.type, endpoints };
    },
    async endpoint(nc) {
        return { body: (await nc.request("echo", "hello", patience)).string() };
    },
    async typed(nc) {
        return (await nc.request("add", JSON.stringify({ a: 2, b: 3 }), patience)).json();
    },
    async error(nc) {
        const reply = await nc.request("fail", "", patience);
        const error = ServiceError.toServiceError(reply);
        return { code: String(error.code), text: error.message, body: reply.string() };
    },
    async event(nc) {
        nc.publish("note", "published");
        return { body: (await nc.request("note", "asked", patience)).string() };
    },
    async work(nc) {
        nc.publish("jobs.do", "published");
        const ack = await jetstream(nc, patience).publish("jobs.do", "acknowledged");
        return { stream: ack.stream, sequence: ack.seq };
    },
    async stream(nc) {
        const inbox = createInbox();
        const replies = nc.subscribe(inbox, patience);
        nc.publish("count", "3", { reply: inbox });
        const items = [];
        for await (const reply of replies) {
            const end = reply.headers.get("Mote-Stream-End");
            if (end) return { items, end };
            items.push(`${reply.headers.get("Mote-Stream-Seq")}=${reply.string()}`);
        }
        throw new Error("the stream has no end");
    },
};

const [mode, url, ...names] = process.argv.slice(2);
const nc = await connect({ servers: mode === "function" ? process.env.NATS_URL : url });
if (mode === "function") await serveFunction(nc);
if (mode === "service") await serve(nc);
for (const name of names) {
    try {
        console.log(JSON.stringify({ check: name, got: await checks[name](nc) }));
    } catch (thrown) {
        console.log(JSON.stringify({ check: name, failed: String(thrown) }));
        process.exitCode = 1;
    }
}
await nc.close();
