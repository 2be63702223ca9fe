// A real nats-server for a test, on a free port of 127.0.0.1, with JetStream.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** The server writes its addresses into a file when it listens. */
async function urlOf(directory, server) {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline && server.exitCode === null; await pause(20)) {
        const file = (await readdir(directory)).find((name) => name.endsWith(".ports"));
        const text = file ? await readFile(join(directory, file), "utf8") : "";
        if (text.endsWith("}")) return JSON.parse(text).nats[0];
    }
    throw new Error("nats-server does not start");
}

/** Its `url`, and `stop`. MOTE_TEST_NATS_SERVER may name another program than the nats-server in PATH. */
export async function startServer() {
    const directory = await mkdtemp(join(tmpdir(), "nats-"));
    const program = process.env.MOTE_TEST_NATS_SERVER || "nats-server";
    const options = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", directory, "--ports_file_dir", directory];
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/bin:/usr/sbin` };
    const server = spawn(program, options, { stdio: "ignore", env });
    await once(server, "spawn");
    const stop = async () => {
        const ended = once(server, "exit");
        if (server.exitCode === null && server.kill()) await ended;
        await rm(directory, { recursive: true, force: true });
    };
    try {
        return { url: await urlOf(directory, server), stop };
    } catch (error) {
        await stop();
        throw error;
    }
}
