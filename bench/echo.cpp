// The echo service of the benchmarks: what the five-line service does, on the subject `bench.echo` or another one.
#include <mote/micro.hpp>
#include <mote/nats/options.hpp>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) {
        std::cerr << "usage: bench_echo nats://HOST:PORT [SUBJECT]\n";
        return 2;
    }
    mote::service echo{{.name = "Echo", .version = "1.0.0"}};
    echo.endpoint("echo", [](mote::request& req) { req.respond(req.data()); },
                  {.subject = argc == 3 ? argv[2] : "bench.echo"});
    auto connection = std::make_shared<mote::nats::options>();
    connection->servers = {argv[1]};
    connection->on_event = [](const mote::nats::connection_event& event) {
        if (event.kind == mote::nats::event_kind::connected) std::cout << "ready\n" << std::flush;
    };
    return mote::run(echo, {.connection = connection});
}
