import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "@nats-io/transport-node";
import { startServer } from "./nats_server.js";
import { start } from "./service.js";

let server;
let nc;

before(async () => {
    server = await startServer();
    nc = await connect({ servers: server.url });
    await start(nc);
});

after(async () => {
    await nc?.close();
    await server?.stop();
});

test("greets who is named", async () => {
    const reply = await nc.request("@NAME@.greet", "World", { timeout: 10_000 });
    assert.equal(reply.string(), "Hello, World!");
});

test("asks for a name", async () => {
    const reply = await nc.request("@NAME@.greet", "", { timeout: 10_000 });
    assert.equal(reply.headers.get("Nats-Service-Error-Code"), "400");
});
