import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { connect } from "@nats-io/transport-node";
import { startServer } from "./nats_server.js";
import { start } from "./service.js";

let server;
let nc;

beforeEach(async () => {
    server = await startServer();
    nc = await connect({ servers: server.url });
});

afterEach(async () => {
    await nc?.close();
    await server?.stop();
});

/** Has one letter sent, and resolves when `work` has said that it is done. */
async function send(work) {
    let finish;
    const done = new Promise((resolve) => (finish = resolve));
    const running = await start(nc, async (letter) => work(letter, finish), 50);
    const kept = await nc.request("@NAME@.send", JSON.stringify({ to: "Ada", text: "Hello!" }), { timeout: 10_000 });
    assert.equal(kept.json().stream, "@NAME@_send");
    await done;
    await running.stop();
}

test("delivers a letter that is kept", { timeout: 30_000 }, async () => {
    const receivers = [];
    await send((letter, finish) => {
        receivers.push(letter.to);
        finish();
    });
    assert.deepEqual(receivers, ["Ada"]);
});

test("tries again what failed", { timeout: 30_000 }, async () => {
    const receivers = [];
    await send((letter, finish) => {
        receivers.push(letter.to);
        if (receivers.length === 1) throw new Error("the post office is closed");
        finish();
    });
    assert.deepEqual(receivers, ["Ada", "Ada"]);
});
