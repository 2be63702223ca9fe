// Who listens on the port that a function's process was given, and is not that process, gets none of its calls.

#include <tests/node/python_function.hpp>

#include <mote/process/listener.hpp>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace mote::test {
namespace {

using tcp = asio::ip::tcp;

class live_function_port : public live_test {};

/// Another program of the machine: answers whatever it is asked, as long as its acceptor is open.
struct thief {
    explicit thief(const asio::any_io_executor& executor) : acceptor(executor) {}

    static asio::awaitable<void> serve(std::shared_ptr<thief> self) {
        for (;;) {
            auto [failed, socket] = co_await self->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
            if (failed) co_return;
            ++self->accepted;
            asio::co_spawn(self->acceptor.get_executor(), answer(self, std::move(socket)), asio::detached);
        }
    }
    static asio::awaitable<void> answer(std::shared_ptr<thief> self, tcp::socket socket) {
        std::array<char, 1024> bytes{};
        auto [failed, got] = co_await socket.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        self->stolen += got;
        const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen";
        co_await asio::async_write(socket, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
    }

    tcp::acceptor acceptor;
    unsigned accepted = 0;
    std::size_t stolen = 0;  // bytes
};

TEST_F(live_function_port, is_its_process_s_before_it_gets_a_call) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto marker = new_marker();
        const auto port = fixed_port();
        tcp::acceptor gate(js.connection().executor(), tcp::v4());  // bound: who starts waits until it listens
        gate.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        functions::text_map variables;
        variables.emplace("upstream_url", "http://127.0.0.1:" + port);
        variables.emplace("gate_port", std::to_string(gate.local_endpoint().port()));
        const auto what = co_await python_function(here, "late", variables, marker);
        co_await here->store.create(what);
        const std::function<bool()> runs = [marker] { return processes_with(marker) != 0U; };  // its sandbox is enough
        const bool running = co_await eventually(runs);
        EXPECT_TRUE(running);
        const auto other = std::make_shared<thief>(js.connection().executor());
        other->acceptor.open(tcp::v4());
        other->acceptor.set_option(tcp::acceptor::reuse_address(true));
        other->acceptor.bind(
            tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))));
        other->acceptor.listen();
        asio::co_spawn(js.connection().executor(), thief::serve(other), asio::detached);
        const std::function<bool()> is_asked = [other] { return other->accepted != 0; };
        const bool asked = co_await eventually(is_asked);
        EXPECT_TRUE(asked) << "whether the process listens";
        gate.listen();
        // Its process finds the port taken, and ends.
        const auto state = co_await here->state_until(
            "late", [](const functions::function_state& now) { return !now.trouble.empty(); });
        EXPECT_TRUE(contains(state.trouble, "exited with code 1")) << state.trouble;
        other->acceptor.close();
        const auto got = co_await call_until(
            js.connection(), subject_of("late"), [](const called& now) { return now.status == 200; }, "hello");
        EXPECT_EQ(got.body, "hello");
        EXPECT_EQ(other->stolen, 0U);
        co_await here->node.stop(5s);
    });
}

TEST(process_listener, tells_its_own_port_from_that_of_others) {
    asio::io_context io;
    tcp::acceptor mine(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::acceptor everywhere(io, tcp::endpoint(tcp::v6(), 0));
    const std::vector<pid_t> us{::getpid()};
    EXPECT_EQ(mote::process::who_listens(mine.local_endpoint().port(), us), mote::process::listener::one_of_them);
    EXPECT_EQ(mote::process::who_listens(everywhere.local_endpoint().port(), us), mote::process::listener::one_of_them);
    EXPECT_EQ(mote::process::who_listens(mine.local_endpoint().port(), {}), mote::process::listener::somebody_else);
    const auto port = mine.local_endpoint().port();
    mine.close();
    EXPECT_EQ(mote::process::who_listens(port, us), mote::process::listener::somebody_else);
}

}  // namespace
}  // namespace mote::test
