// Core NATS: asks the service of 01_echo.cpp, publishes, subscribes, and meets the two ways in which a request fails most.

#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> ask(nats::connection nc) {
    const nats::message reply = co_await nc.request("echo", "hello");
    std::cout << "echo says " << reply.payload() << '\n';

    nats::request_options opts;  // named first, never built inside the co_await: see docs/traps.md
    opts.timeout = 500ms;
    opts.headers.set("Priority", "low");
    try {
        co_await nc.request("nobody.is.here", "hello", opts);
    } catch (const boost::system::system_error& error) {
        if (error.code() == nats::errc::no_responders) std::cout << "at once: " << error.what() << '\n';
        if (error.code() == nats::errc::timeout) std::cout << "after 500 ms: " << error.what() << '\n';
    }
}

asio::awaitable<void> publish_and_subscribe(nats::connection nc) {
    auto prices = nc.subscribe("prices.*");
    nc.publish("prices.tea", "3");
    nc.publish("prices.coffee", "4");
    for (int i = 0; i < 2; ++i) {
        const std::optional<nats::message> price = co_await prices.next(5s);
        if (price) std::cout << price->subject() << " is " << price->payload() << '\n';
    }
}

asio::awaitable<void> publish_much(nats::connection nc) {
    for (int i = 0; i < 100'000; ++i) {
        if (!nc.has_room()) co_await nc.room();
        nc.publish("ticks", std::to_string(i));
    }
    co_await nc.flush();
    std::cout << nc.stats().out_messages << " messages, " << nc.stats().unsent_bytes << " bytes unsent\n";
}

asio::awaitable<void> client() {
    nats::options opts = nats::options_from_environment();  // NATS_URL, ..., the NATS context, else 127.0.0.1:4222
    opts.name = "10_core";
    const auto nc = co_await nats::connection::connect(opts);
    co_await ask(nc);
    co_await publish_and_subscribe(nc);
    co_await publish_much(nc);
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, client(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
