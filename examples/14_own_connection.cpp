// A service that has a connection of its own beside mote::run: it asks another service (01_echo.cpp) in a coroutine.
//   nats req greet.hello Ada; nats req greet.hello ""; nats req greet.shout Ada

#include <mote/micro.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>

namespace asio = boost::asio;
namespace micro = mote::micro;
namespace nats = mote::nats;

namespace {

void hello(mote::request& req) {
    if (req.data().empty()) throw mote::service_error{400, "whom shall I greet?"};
    req.respond("Hello, " + std::string(req.data()));
}

void reset(mote::event&) { std::cout << "reset\n" << std::flush; }

/// A coroutine handler owns its request; the connection is bound to it, not captured.
asio::awaitable<void> shout(nats::connection nc, mote::request req) {
    const nats::message name = co_await micro::call(nc, "echo", std::string(req.data()));
    req.respond("HELLO, " + std::string(name.payload()) + "!");
}

void add_endpoints(mote::service& greeter, const nats::connection& nc) {
    auto group = greeter.group("greet", {.queue_group = "greeters"});
    group.endpoint("hello", hello, {.metadata = {{"about", "greets who is in the body"}}});
    group.endpoint("shout", std::bind_front(shout, nc), {.max_in_flight = 100});
    group.endpoint("reset", reset, {.queue_group = micro::no_queue_group});  // every instance gets it
}

asio::awaitable<void> serve() {
    nats::options opts = nats::options_from_environment();
    opts.name = "Greeter";
    const auto nc = co_await nats::connection::connect(opts);

    micro::service_config config;
    config.name = "Greeter";
    config.version = "1.2.0";
    config.stats_handler = [](const micro::endpoint_info& asked) { return R"({"of": ")" + asked.name + "\"}"; };
    config.on_error = [](const micro::failure& failed) { std::cerr << failed.subject << ": " << failed.cause << '\n'; };
    mote::service greeter(config);
    add_endpoints(greeter, nc);
    co_await greeter.start(nc);
    std::cout << "serving as " << greeter.id() << '\n' << std::flush;

    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    co_await signals.async_wait(asio::use_awaitable);
    co_await greeter.stop();  // takes no more, answers what it has, leaves discovery
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, serve(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
