"""The function: an HTTP server on the port that the node says. Whatever else it needs goes into this directory."""

import http.server
import os


def greeting(name):
    return f"Hello, {name or 'World'}!\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        name = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        body = greeting(name).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST


def serve(port):
    """The server, listening; `serve_forever` answers."""
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    serve(int(os.environ["PORT"])).serve_forever()
