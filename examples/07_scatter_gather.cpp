// Asks every instance of a service at once, here those of 01_echo.cpp: start some of them first.

#include <mote/micro.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>

namespace asio = boost::asio;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> ask_all() {
    nats::options opts = nats::options_from_environment();
    opts.name = "07_scatter_gather";
    const auto nc = co_await nats::connection::connect(opts);
    const mote::client services(nc);

    mote::gather_options all;
    all.timeout = 2s;  // in all; who has not answered by then has an entry that says so
    const auto entries = co_await services.call_all("Echo", "echo", "hello", all);
    std::size_t answered = 0;
    for (const auto& each : entries) {
        std::cout << each.id << ' ' << each.version << ": ";
        if (each.reply) {
            ++answered;
            std::cout << each.reply->payload() << '\n';
        } else {
            std::cout << each.code.message() << '\n';
        }
    }
    std::cout << answered << " of " << entries.size() << " answered\n";

    mote::gather_options first;
    first.max_replies = 1;  // the fastest will do
    for (const auto& each : co_await services.call_all("Echo", "echo", "quick", first))
        if (each.reply) std::cout << "first: " << each.reply->payload() << '\n';
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, ask_all(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
