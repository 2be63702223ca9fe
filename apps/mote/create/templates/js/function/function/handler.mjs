// The function: an HTTP server on the port that the node says. Whatever else it needs goes into this directory.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

export const greeting = (name) => `Hello, ${name || "World"}!\n`;

async function answer(request, response) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    response.end(greeting(await text(request)));
}

/** The server, when it listens. */
export function serve(port) {
    const server = createServer(answer);
    return new Promise((listens, fails) => {
        server.once("error", fails);
        server.listen(port, "127.0.0.1", () => listens(server));
    });
}

if (process.env.PORT) {
    const server = await serve(Number(process.env.PORT));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
}
