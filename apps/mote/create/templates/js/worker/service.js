// The service: letters published to @NAME@.send are kept in a stream until they are delivered, at least once.
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { Svcm } from "@nats-io/services";
import { nanos } from "@nats-io/transport-node";

const subject = "@NAME@.send";
const stream = "@NAME@_send";
const tries = 5;

/** Does the work. What it throws is tried again, so it should do no harm to do a letter twice. */
async function deliver(letter) {
    console.log(`to ${letter.to}: ${letter.text}`);
}

/** The letter of a message; undefined when it is none. */
function letterIn(message) {
    try {
        const letter = message.json();
        return letter.to ? letter : undefined;
    } catch {
        return undefined;
    }
}

async function makeStream(nc) {
    const manager = await jetstreamManager(nc);
    const kept = { name: stream, subjects: [subject], retention: RetentionPolicy.Workqueue };
    await manager.streams.add(kept);
    const consumer = { durable_name: stream, ack_policy: AckPolicy.Explicit, ack_wait: nanos(30_000), max_deliver: tries };
    await manager.consumers.add(stream, consumer);
}

/** Starts the service; when this has resolved, letters are kept and delivered. */
export async function start(nc, work = deliver, retryAfter = 1000) {
    await makeStream(nc);
    const consumer = await jetstream(nc).consumers.get(stream, stream);
    const letters = await consumer.consume({ max_messages: 8 });
    let delivered = 0;
    const done = (async () => {
        for await (const message of letters) {
            const letter = letterIn(message);
            if (!letter) {
                console.error(`given up, it says not to whom: ${message.string()}`);
                message.term(); // no try would help
                continue;
            }
            try {
                await work(letter);
                delivered += 1;
                message.ack();
            } catch (error) {
                console.error(`to be tried again: ${error.message}`);
                message.nak(retryAfter);
            }
        }
    })();

    // Makes it a micro service: `mote ls` has it, and says how many were delivered.
    const service = await new Svcm(nc).add({ name: "@NAME@", version: "0.1.0", description: "Delivers letters" });
    service.addGroup("@NAME@").addEndpoint("delivered", (error, request) => {
        if (!error) request.respond(String(delivered));
    });
    await nc.flush();
    return {
        /** Finishes the letters that were begun; the others stay in the stream. */
        async stop() {
            await letters.close();
            await done;
            await service.stop();
        },
    };
}
