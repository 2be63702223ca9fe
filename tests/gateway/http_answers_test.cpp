// What a gateway makes of the answers of a process that speaks HTTP: those without a body, and those that are none.

#include <tests/gateway/front_world.hpp>

#include <mote/functions/bundle_store.hpp>

#include <fstream>

namespace mote::test {
namespace {

using http_answers = front_test;

/// By its path: `/odd` has a status that HTTP does not know, `/same` is a 304; all else has a body of 12 bytes.
constexpr const char* odd_server = R"py(
import http.server, os
class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def answer(self):
        self.send_response({"/odd": 700, "/same": 304}.get(self.path, 200))
        self.send_header("Content-Length", "12")
        self.end_headers()
        if self.command != "HEAD" and self.path != "/same": self.wfile.write(b"twelve bytes")
    do_GET = do_HEAD = answer
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

/// `/cookies` has headers twice, and says which it got twice; `/moved` redirects, `/packed` is compressed.
constexpr const char* plain_server = R"py(
import gzip, http.server, os
class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def log_message(self, *args): pass
    def do_POST(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        twice = ",".join(self.headers.get_all("X-Twice", [])) + ";" + ";".join(self.headers.get_all("Cookie", []))
        body = {"/packed": gzip.compress(b"packed", mtime=0), "/sent": sent}.get(self.path, twice.encode())
        self.send_response({"/moved": 302, "/there": 308}.get(self.path, 200))
        if self.path == "/cookies":
            for one in ("a=1; Path=/", "b=2; Secure"): self.send_header("Set-Cookie", one)
            for one in ("1", "2"): self.send_header("X-Many", one)
        if self.path in ("/moved", "/there"): self.send_header("Location", "/function/elsewhere?q=1#part")
        if self.path == "/packed": self.send_header("Content-Encoding", "gzip")
        if self.path == "/sent": self.send_header("X-Was", self.headers.get("Content-Encoding", "none"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

asio::awaitable<void> deploy_odd(front_world* here, std::filesystem::path root, std::string program = odd_server) {
    std::ofstream(root / "function.env") << "mode=http\n";
    std::ofstream(root / "server.py") << program;
    const auto bundles = co_await functions::bundle_store::open(jetstream::context(here->connection));
    const auto image = functions::image_name::parse("odd");
    co_await bundles.push(image, root);
    const std::string body = R"({"service":"odd","image":"odd","envProcess":"python3 -B server.py"})";
    const auto deployed = co_await here->ask("POST", "/system/functions", body);
    EXPECT_EQ(deployed.status, 202) << deployed.body;
}

TEST_F(http_answers, tell_head_the_length_that_get_has) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_odd(&here, directory.path());
        const auto got = co_await here.ask("GET", "/function/odd/x");
        EXPECT_EQ(got.body, "twelve bytes") << got.status;
        const auto head = co_await here.ask("HEAD", "/function/odd/x");
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.header("Content-Length"), "12");
        EXPECT_FALSE(head.header("Mote-Body-Length"));
        const auto same = co_await here.ask("GET", "/function/odd/same");
        EXPECT_EQ(same.status, 304);
        EXPECT_EQ(same.header("Content-Length"), "12");
    });
}

TEST_F(http_answers, with_a_status_that_is_none_are_502) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_odd(&here, directory.path());
        const auto odd = co_await here.ask("GET", "/function/odd/odd");
        EXPECT_EQ(odd.status, 502) << odd.body;
        EXPECT_TRUE(contains(odd.body, "none of HTTP")) << odd.body;
        const auto good = co_await here.ask("GET", "/function/odd/x");
        EXPECT_EQ(good.status, 200);
    });
}

std::vector<std::string> all_of(const http::response& answer, std::string_view name) {
    std::vector<std::string> found;
    for (const auto& [each, value] : answer.headers)
        if (http::same_name(each, name)) found.push_back(value);
    return found;
}

TEST_F(http_answers, have_headers_as_often_as_they_were_sent_in_both_directions) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_odd(&here, directory.path(), plain_server);
        const auto sent = sent_with("X-Twice", "one", "X-Twice", "two", "Cookie", "c=3; d=4");
        const auto answer = co_await here.ask("POST", "/function/odd/cookies", "x", sent);
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.body, "one,two;c=3; d=4");
        const auto cookies = all_of(answer, "Set-Cookie");
        EXPECT_EQ(cookies, (std::vector<std::string>{"a=1; Path=/", "b=2; Secure"}));
        const auto many = all_of(answer, "X-Many");
        EXPECT_EQ(many, (std::vector<std::string>{"1", "2"}));
    });
}

TEST_F(http_answers, are_the_clients_own_where_they_redirect_or_are_compressed) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_odd(&here, directory.path(), plain_server);
        const auto moved = co_await here.ask("POST", "/function/odd/moved", "x");
        EXPECT_EQ(moved.status, 302);
        EXPECT_EQ(moved.header("Location"), "/function/elsewhere?q=1#part");
        const auto there = co_await here.ask("POST", "/function/odd/there", "x");
        EXPECT_EQ(there.status, 308);
        const auto packed =
            co_await here.ask("POST", "/function/odd/packed", "x", sent_with("Accept-Encoding", "gzip"));
        EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
        EXPECT_TRUE(packed.body.starts_with("\x1f\x8b")) << packed.body;
        EXPECT_EQ(packed.header("Content-Length"), std::to_string(packed.body.size()));
        const auto back =
            co_await here.ask("POST", "/function/odd/sent", packed.body, sent_with("Content-Encoding", "gzip"));
        EXPECT_EQ(back.header("X-Was"), "gzip");
        EXPECT_EQ(back.body, packed.body);
    });
}

}  // namespace
}  // namespace mote::test
