// What ten thousand endpoints of one process cost: time until the server knows them, memory each.
#include <mote/micro/service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace micro = mote::micro;

constexpr int endpoints = 10000;

long resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    long pages = 0;
    statm >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
}

asio::awaitable<void> measure(std::string url) {
    mote::nats::options opts;
    opts.servers = {url};
    const auto connection = co_await mote::nats::connection::connect(opts);
    const auto before = resident_bytes();
    const auto begin = std::chrono::steady_clock::now();
    micro::service_config config;
    config.name = "Many";
    config.version = "1.0.0";
    micro::service service(config);
    for (int i = 0; i < endpoints; ++i)
        service.endpoint("endpoint-" + std::to_string(i), [](micro::request& req) { req.respond(req.data()); });
    co_await service.start(connection);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::printf("%d endpoints: %.3f s, %ld bytes each\n", endpoints, taken.count(),
                (resident_bytes() - before) / endpoints);
    connection.close();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_endpoints nats://HOST:PORT\n");
        return 2;
    }
    asio::io_context io(1);
    int exit_code = 0;
    asio::co_spawn(io, measure(argv[1]), [&](const std::exception_ptr& failed) {
        if (failed == nullptr) return;
        exit_code = 1;
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "bench_endpoints: %s\n", error.what());
        }
    });
    io.run();
    return exit_code;
}
