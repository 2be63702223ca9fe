// Functions that listen at a unix socket, in a sandbox.

#include <tests/node/machine.hpp>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>

namespace mote::test {
namespace {

class live_socket_function : public live_test {};

constexpr std::array<const char*, 3> places{"/run/app/http.sock", "/tmp/http.sock", "/run/http.sock"};
constexpr std::array<const char*, 2> wrong_places{"/http.sock", "/home/app/http.sock"};

/// Echoes the body, and says which networks it sees.
const std::string socket_server = R"py(
import http.server, os, socketserver

class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        lines = open("/proc/net/dev").read().splitlines()[2:]
        self.send_response(200)
        self.send_header("X-Networks", ",".join(line.split(":")[0].strip() for line in lines))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

server(os.environ["place"], handler).serve_forever()
)py";

asio::awaitable<functions::description> socket_function(std::shared_ptr<machine> on, std::string name,
                                                        std::string place) {
    std::map<std::string, std::string> files;
    files.emplace("server.py", socket_server);
    files.emplace("function.env", "mode=http\nupstream_url=unix:" + place + "\nplace=" + place + "\n");
    const auto pushed = co_await on->push("test/socket", files);
    auto what = function(std::move(name), "test/socket", "python3 -B server.py");
    what.digest = pushed.digest.text();
    co_return what;
}

/// Directories of sockets that a node has.
std::size_t directories_of(const std::string& node) {
    std::size_t count = 0;
    for (const auto& one : std::filesystem::directory_iterator("/dev/shm"))
        count += one.path().filename().string().starts_with("mote-" + node + ".") ? 1 : 0;
    return count;
}

TEST_F(live_socket_function, is_asked_by_the_socket_that_it_makes) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        int number = 0;
        for (const std::string place : places) {
            const auto name = "socket" + std::to_string(++number);
            const auto what = co_await socket_function(here, name, place);
            co_await here->deploy(what);
            const auto got = co_await call(js.connection(), subject_of(name), std::string(200'000, 'x'));
            EXPECT_EQ(got.status, 200) << place << ": " << got.body.substr(0, 200);
            EXPECT_EQ(got.body.size(), 200'000U);
        }
        EXPECT_EQ(directories_of(here->node.id()), places.size());
        co_await here->node.stop(5s);
        EXPECT_EQ(directories_of(here->node.id()), 0U);
    });
}

TEST_F(live_socket_function, can_do_without_a_network_and_have_several_processes) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await socket_function(here, "alone", "/run/app/http.sock");
        what.wanted.annotations = functions::text_map();
        what.wanted.annotations->emplace("mote.network", "none");
        what.replicas = 2;
        co_await here->deploy(what);
        const auto state =
            co_await here->state_until("alone", [](const functions::function_state& now) { return now.ready == 2; });
        EXPECT_EQ(state.ready, 2U) << state.trouble;
        const auto got = co_await call(js.connection(), subject_of("alone"), "x");
        EXPECT_EQ(got.status, 200) << got.body;
        EXPECT_EQ(got.header("X-Networks"), "lo");
        EXPECT_EQ(directories_of(here->node.id()), 2U);
        // The next generation does not have to wait for the place.
        ++what.generation;
        co_await here->update(what);
        const auto next = co_await here->state_until(
            "alone", [](const functions::function_state& now) { return now.ready == 2 && now.generation == 2; });
        EXPECT_EQ(next.generation, 2U) << next.trouble;
        co_await here->store.remove(what.name());
        const std::function<bool()> none_left = [here] { return directories_of(here->node.id()) == 0U; };
        const bool gone = co_await eventually(none_left);
        EXPECT_TRUE(gone);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_socket_function, cannot_lead_the_node_to_another_socket_of_the_machine) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const node_edit impatient = [](node::node_options& opts) { opts.start_timeout = 2s; };
        const auto here = co_await machine::start(js, impatient);
        const auto outside = (here->directory.path() / "outside.sock").string();
        asio::local::stream_protocol::acceptor listens(co_await asio::this_coro::executor,
                                                       asio::local::stream_protocol::endpoint(outside));
        listens.non_blocking(true);
        std::map<std::string, std::string> files;
        files.emplace("link.py",
                      "import os, time\nos.symlink(os.environ['outside'], '/run/app/http.sock')\n"
                      "time.sleep(3600)\n");
        files.emplace("function.env", "mode=http\nupstream_url=unix:/run/app/http.sock\noutside=" + outside + "\n");
        const auto pushed = co_await here->push("test/link", files);
        auto what = function("link", "test/link", "python3 -B link.py");
        what.digest = pushed.digest.text();
        co_await here->store.create(what);
        const auto state = co_await here->state_until(
            "link", [](const functions::function_state& now) { return contains(now.trouble, "non-socket"); });
        EXPECT_EQ(state.ready, 0U);
        boost::system::error_code failed;
        const auto came = listens.accept(failed);
        EXPECT_EQ(failed, asio::error::would_block) << "the node came there";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_socket_function, needs_a_directory_that_holds_nothing_else) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        int number = 0;
        for (const std::string place : wrong_places) {
            const auto name = "socket" + std::to_string(++number);
            const auto what = co_await socket_function(here, name, place);
            co_await here->store.create(what);
            const auto got = co_await here->until_served(subject_of(name));
            EXPECT_EQ(got.status, 503) << place;
            EXPECT_TRUE(contains(got.body, "upstream_url=\"unix:" + place + "\": in a sandbox")) << got.body;
        }
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
