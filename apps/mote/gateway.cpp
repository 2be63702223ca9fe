#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/server_access.hpp>

#include <mote/gateway/gateway.hpp>
#include <mote/http/server.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// As much as a NATS server can be told to take; what its own `max_payload` is less than is a 413 as well.
constexpr std::size_t max_body = 64 * 1024 * 1024;
// Named here, as g++ 12 wants no braces inside of a coroutine's await.
constexpr std::chrono::nanoseconds patience = std::chrono::seconds(10);

http::server_options server_options_of(const gateway_command& chosen) {
    http::server_options options;
    options.address = chosen.listen.address;
    options.port = chosen.listen.port;
    options.max_body = max_body;
    options.on_failure = [](std::string_view what) { write_err("mote gateway: " + std::string(what) + "\n"); };
    return options;
}

asio::awaitable<exit_code> serve(loop* running, gateway_command chosen) {
    chosen.server.stays = true;
    const auto access = co_await open_access(chosen.server, running);
    gateway::gateway_options options;
    options.expose = chosen.expose;
    options.timeout = chosen.request_timeout;
    gateway::gateway front(access.connection, options);
    http::server server(access.connection.executor(), server_options_of(chosen),
                        [&front](http::exchange& asked) { return front.handle(asked); });
    const auto url = url_of(chosen.listen, server.port());
    write_out(url + "\n");
    write_err("Asks the services on " + access.connection.connected_server() + "; Ctrl-C ends it. Try:\n  curl " + url +
              "/services\n  curl " + url + "/openapi.json\n");
    co_await running->interrupted();
    co_await server.stop(patience);
    co_await front.stop();
    co_await access.connection.drain(patience);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const gateway_command& chosen) {
    loop running;
    return running.run(serve(&running, chosen));
}

}  // namespace mote::command
