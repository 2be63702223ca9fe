// Which services are there, whoever wrote them, and how are they? As `nats micro ls` and `nats micro stats` ask.

#include <mote/micro/discovery.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>

namespace asio = boost::asio;
namespace micro = mote::micro;
namespace nats = mote::nats;

namespace {

asio::awaitable<void> look_around() {
    nats::options opts = nats::options_from_environment();
    opts.name = "15_discovery";
    const auto nc = co_await nats::connection::connect(opts);
    micro::discovery discovery(nc);
    for (const micro::service_stats& service : co_await discovery.stats()) {
        std::cout << service.name << ' ' << service.version << ' ' << service.id << '\n';
        for (const micro::endpoint_stats& endpoint : service.endpoints)
            std::cout << "  " << endpoint.subject << ": " << endpoint.requests << " requests, " << endpoint.errors
                      << " errors\n";
    }
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, look_around(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
