import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "./function/handler.mjs";

let server;

before(async () => {
    server = await serve(0);
});

after(() => server.close());

const ask = (body) => fetch(`http://127.0.0.1:${server.address().port}/`, { method: "POST", body });

test("greets who is named", async () => {
    assert.equal(await (await ask("Ada")).text(), "Hello, Ada!\n");
});

test("greets the world when nobody is", async () => {
    assert.equal(await (await ask("")).text(), "Hello, World!\n");
});
