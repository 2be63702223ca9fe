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

asio::awaitable<void> deploy_odd(front_world* here, std::filesystem::path root) {
    std::ofstream(root / "function.env") << "mode=http\n";
    std::ofstream(root / "server.py") << odd_server;
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

}  // namespace
}  // namespace mote::test
