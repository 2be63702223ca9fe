#pragma once

#include <tests/node/machine.hpp>
#include <tests/support/loopback.hpp>

#include <string>

namespace mote::test {

/// A function that speaks HTTP with nothing but Python's own library. By its path:
/// `/die` exits with code 3, `/status/N` answers N, `/sleep/S` waits S seconds, `/spin/S` computes for S seconds, `/ready` is
/// 503 for the first half second, `/fork` leaves a process in a session of its own, `/health` is 200 until somebody asks for
/// `/sick`, `/hang` answers nothing and waits until its connection has gone; all else echoes the body as it comes. The head of the answer has what was asked, who answers, and how many
/// connections and early calls there were. With the variable `gate`, a directory, the n-th that starts waits for the file `n/open`
/// in there; with `gate_port`, until somebody listens on that one.
inline const std::string python_server = R"py(
import http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
began = time.time()
counts = {"connections": 0, "early": 0, "asleep": 0, "sick": 0, "looks": 0, "hang": 0, "gone": 0}
lock = threading.Lock()
if os.environ.get("stubborn"): signal.signal(signal.SIGTERM, signal.SIG_IGN)
while time.process_time() < float(os.environ.get("start_busy", "0")): pass
if os.environ.get("gate"):
    mine = 0
    while True:
        try: os.mkdir("%s/%d" % (os.environ["gate"], mine))
        except FileExistsError: mine += 1
        else: break
    while not os.path.exists("%s/%d/open" % (os.environ["gate"], mine)): time.sleep(0.02)
while os.environ.get("gate_port"):
    try: socket.create_connection(("127.0.0.1", int(os.environ["gate_port"]))).close()
    except OSError: time.sleep(0.02)
    else: break
if os.environ.get("start_late"): time.sleep(float(os.environ["start_late"]))

class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def setup(self):
        super().setup()
        self.counted = False
    def log_message(self, *args): pass
    def pieces(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if size == 0:
                    self.rfile.readline()
                    return
                yield self.rfile.read(size)
                self.rfile.readline()
        left = int(self.headers.get("Content-Length", "0"))
        while left > 0:
            piece = self.rfile.read1(min(left, 65536))
            if not piece: return
            left -= len(piece)
            yield piece
    def head(self, status, length):
        self.send_response(status)
        self.send_header("X-Asked", self.command + " " + self.path)
        self.send_header("X-Thing-Back", self.headers.get("X-Thing", "none"))
        self.send_header("X-Version", os.environ.get("version", "none"))
        self.send_header("X-Began", repr(began))
        self.send_header("X-Connections", str(counts["connections"]))
        self.send_header("X-Early", str(counts["early"]))
        self.send_header("X-Asleep", str(counts["asleep"]))
        self.send_header("X-Looks", str(counts["looks"]))
        self.send_header("X-Hang", "%d/%d" % (counts["hang"], counts["gone"]))
        self.send_header("X-Variables", ",".join(sorted(os.environ)))
        self.send_header("Content-Type", "text/python")
        if length is None: self.send_header("Transfer-Encoding", "chunked")
        else: self.send_header("Content-Length", str(length))
        self.end_headers()
    def answer(self):
        if not self.counted:
            with lock: counts["connections"] += 1
            self.counted = True
        path = self.path.split("?")[0]
        is_ready = time.time() - began > 0.5
        if path == "/ready":
            self.head(200 if is_ready else 503, 0)
            return
        if not is_ready:
            with lock: counts["early"] += 1
        if path == "/die": os._exit(3)
        if path == "/sick": counts["sick"] = 1
        if path == "/health":
            counts["looks"] += 1
            self.head(500 if counts["sick"] else 200, 0)
            return
        if path == "/fork":
            subprocess.Popen(["sleep", "1000." + os.environ["marker"]], start_new_session=True)
        if path == "/hang":
            with lock: counts["hang"] += 1
            try: self.connection.recv(1)
            except OSError: pass
            with lock: counts["gone"] += 1
            self.close_connection = True
            return
        if path.startswith("/sleep/"):
            with lock: counts["asleep"] += 1
            time.sleep(float(path[7:]))
            with lock: counts["asleep"] -= 1
        if path.startswith("/spin/"):
            until = time.monotonic() + float(path[6:])
            while time.monotonic() < until: pass
        status = int(path[8:]) if path.startswith("/status/") else 200
        length = self.headers.get("Content-Length")
        chunked = self.headers.get("Transfer-Encoding", "") == "chunked"
        if not chunked:
            self.head(status, length or 0)
            for piece in self.pieces(): self.wfile.write(piece)
            return
        self.head(status, None)
        for piece in self.pieces():
            self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
    do_GET = do_POST = do_PUT = do_DELETE = answer

class server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

if os.environ.get("flood"):
    def flood():
        while True: os.write(1, b"flooding " * 100 + b"\n")
    threading.Thread(target=flood, daemon=True).start()
server(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

/// Pushes it, and says how it is deployed: with a process whose arguments have `marker`.
inline asio::awaitable<functions::description> python_function(std::shared_ptr<machine> on, std::string name,
                                                               functions::text_map variables = functions::text_map(),
                                                               std::string marker = "unmarked") {
    std::map<std::string, std::string> files;
    files.emplace("server.py", python_server);
    files.emplace("function.env", "mode=http\n");
    const auto pushed = co_await on->push("test/python", files);
    variables.emplace("marker", marker);
    auto what = function(std::move(name), "test/python", "python3 -B server.py " + marker, std::move(variables));
    what.digest = pushed.digest.text();
    co_return what;
}

inline nats::headers path_headers(std::string path) {
    nats::headers headers;
    headers.set("Http-Path", path);
    return headers;
}

/// A port of this machine that nobody listens on, and that nobody is given who asks for any.
inline std::string fixed_port() { return std::to_string(mote::testing::detail::free_port()); }

inline std::string new_marker() { return std::to_string(::getpid()) + nats::next_nuid(); }

}  // namespace mote::test
