// Instances of one service, each with a connection of its own, as they would be on as many machines: says "ready" when the
// server knows all of them, and serves until it is ended.
#include <mote/micro/service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <list>
#include <string>

namespace {

namespace asio = boost::asio;

asio::awaitable<void> start(std::list<mote::micro::service>& all, std::string url, int count) {
    mote::nats::options opts;
    opts.servers = {url};
    mote::micro::service_config config;
    config.name = "Many";
    config.version = "1.0.0";
    for (int i = 0; i < count; ++i) {
        const auto connection = co_await mote::nats::connection::connect(opts);
        all.emplace_back(config).endpoint("echo", [](mote::micro::request& req) { req.respond(req.data()); });
        co_await all.back().start(connection);
    }
    std::puts("ready");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_instances nats://HOST:PORT COUNT\n");
        return 2;
    }
    asio::io_context context(1);
    std::list<mote::micro::service> all;
    asio::co_spawn(context, start(all, argv[1], std::atoi(argv[2])), [](const std::exception_ptr& failed) {
        if (failed != nullptr) std::rethrow_exception(failed);
    });
    try {
        context.run();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_instances: %s\n", failed.what());
        return 1;
    }
    return 0;
}
