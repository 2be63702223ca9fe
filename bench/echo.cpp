// The echo service of the benchmarks: what the five-line service does, on the subject `bench.echo` or another one. Without
// arguments it is a micro function: a node's variables say where and what to serve.
#include <mote/micro.hpp>
#include <mote/nats/options.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

std::string variable(const char* name, std::string otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string url = argc > 1 ? argv[1] : variable("NATS_URL", "");
    if (argc > 3 || url.empty()) {
        std::cerr << "usage: bench_echo nats://HOST:PORT [SUBJECT]\n";
        return 2;
    }
    mote::micro::service_config config;
    config.name = "Echo";
    config.version = "1.0.0";
    config.queue_group = variable("MOTE_FUNCTION_QUEUE", "q");
    mote::service echo(config);
    mote::micro::endpoint_options opts;
    opts.subject = argc == 3 ? argv[2] : variable("MOTE_FUNCTION_SUBJECT", "bench.echo");
    echo.endpoint("echo", [](mote::request& req) { req.respond(req.data()); }, opts);
    auto connection = std::make_shared<mote::nats::options>();
    connection->servers = {url};
    connection->on_event = [](const mote::nats::connection_event& event) {
        if (event.kind == mote::nats::event_kind::connected) std::cout << "ready\n" << std::flush;
    };
    mote::micro::run_options how;
    how.connection = connection;
    return mote::run(echo, how);
}
