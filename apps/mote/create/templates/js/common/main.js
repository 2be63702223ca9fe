// Runs the service until SIGINT or SIGTERM; what was begun is finished.
import { connect } from "@nats-io/transport-node";
import { start } from "./service.js";

const servers = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
const nc = await connect({ servers, name: "@NAME@", maxReconnectAttempts: -1 });
const running = await start(nc);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => running.stop().then(() => nc.drain()));
const failure = await nc.closed();
if (failure) {
    console.error(failure.message);
    process.exitCode = 1;
}
