#include <apps/mote/commands.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>

#include <mote/http/server.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/prometheus.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr const char* plain_text = "text/plain; charset=utf-8";
// Named here, as g++ 12 wants no braces inside of a coroutine's await.
constexpr std::chrono::nanoseconds scrape_patience = std::chrono::seconds(1);

asio::awaitable<exit_code> print(metrics_command chosen, server_access access) {
    const auto services = co_await ask_services(access, chosen.whom, &micro::discovery::stats);
    write_out(micro::prometheus_text(services));
    co_return exit_code::ok;
}

/// Nobody there is an empty text: what Prometheus asks must not fail because nothing runs.
asio::awaitable<void> scrape(http::exchange& asked, const server_access& access, const service_choice& whom) {
    micro::discovery services(access.connection);
    const auto options = discovery_options_of(access, whom);
    const auto replies = co_await services.stats(options);
    asked.respond(http::status::ok, {{"Content-Type", micro::prometheus_content_type}},
                  micro::prometheus_text(replies));
}

asio::awaitable<void> answer(http::exchange& asked, const server_access& access, const service_choice& whom) {
    const bool known = asked.path() == "/metrics" || asked.path() == "/healthz";
    if (!known) co_return asked.respond(http::status::not_found, {{"Content-Type", plain_text}}, "see /metrics\n");
    if (asked.method() != "GET" && asked.method() != "HEAD")
        co_return asked.respond(http::status::method_not_allowed, {{"Allow", "GET, HEAD"}});
    if (access.connection.status() != nats::connection_status::connected)
        co_return asked.respond(http::status::service_unavailable, {{"Content-Type", plain_text}, {"Retry-After", "1"}},
                                "the NATS server is away\n");
    if (asked.path() == "/healthz") co_return asked.respond(http::status::ok, {{"Content-Type", plain_text}}, "ok\n");
    co_await scrape(asked, access, whom);
}

asio::awaitable<exit_code> serve(loop* running, metrics_command chosen) {
    chosen.server.stays = true;
    const auto access = co_await open_access(chosen.server, running);
    http::server_options options;
    options.address = chosen.listen->address;
    options.port = chosen.listen->port;
    options.on_failure = [](std::string_view what) { write_err("mote metrics: " + std::string(what) + "\n"); };
    http::server server(access.connection.executor(), options,
                        [&access, &chosen](http::exchange& asked) { return answer(asked, access, chosen.whom); });
    write_out(url_of(*chosen.listen, server.port()) + "/metrics\n");
    co_await running->interrupted();
    co_await server.stop(scrape_patience);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const metrics_command& chosen) {
    if (!chosen.listen) return run_with_access(chosen, print);
    loop running;
    return running.run(serve(&running, chosen));
}

}  // namespace mote::command
