#include <apps/mote/http_echo.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/http/server.hpp>
#include <mote/http/status.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t max_body = 64 * 1024 * 1024;
constexpr std::chrono::nanoseconds echo_patience = std::chrono::seconds(10);
constexpr std::string_view unknown_type = "application/octet-stream";

std::optional<std::uint16_t> wanted_port() {
    const char* const text = std::getenv("PORT");
    if (text == nullptr) return std::nullopt;
    const std::string_view word(text);
    std::uint16_t port = 0;
    const auto [rest, failed] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (failed != std::errc() || rest != word.data() + word.size() || port == 0) return std::nullopt;
    return port;
}

void echo(http::exchange& asked) {
    asked.respond(http::status::ok, {{"Content-Type", asked.header("Content-Type").value_or(unknown_type)}},
                  asked.body());
}

asio::awaitable<void> end(http::server* server, asio::io_context* context) {
    co_await server->stop(echo_patience);
    context->stop();
}

}  // namespace

int run_http_echo() {
    const auto port = wanted_port();
    if (!port) {
        say("http-echo: the variable PORT is no port");
        return 2;
    }
    try {
        asio::io_context context(1);
        http::server_options options;
        options.port = *port;
        options.max_body = max_body;
        http::server server(context.get_executor(), options, [](http::exchange& asked) { echo(asked); });
        asio::signal_set signals(context, SIGTERM, SIGINT);
        signals.async_wait([&](const boost::system::error_code& failed, int) {
            if (!failed) asio::co_spawn(context, end(&server, &context), [](const std::exception_ptr&) {});
        });
        context.run();
        return 0;
    } catch (const std::exception& failed) {
        say("http-echo: " + plain_reason(failed.what()));
        return 1;
    }
}

}  // namespace mote::command
