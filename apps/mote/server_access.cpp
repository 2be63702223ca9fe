#include <apps/mote/server_access.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <string>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::string_view how_to_have_a_server =
    "; start one with `mote up`, or name one with -s URL, NATS_URL or --context";
constexpr std::string_view how_to_log_in =
    "; log in with --user and --password, --token, --creds, --nkey, or a NATS context";
constexpr std::string_view how_to_trust = "; --tlsca names the authorities to trust";

failure cannot_connect(const boost::system::system_error& error) {
    std::string reason = plain_reason(error.what());
    if (error.code() == nats::errc::auth_failed || error.code() == nats::errc::credentials_expired ||
        error.code() == nats::errc::permission_denied)
        return {exit_code::not_allowed, reason + std::string(how_to_log_in)};
    if (error.code() == nats::errc::bad_certificate)
        return {exit_code::cannot_connect, reason + std::string(how_to_trust)};
    const bool nobody = error.code() == nats::errc::connect_failed || error.code() == nats::errc::timeout ||
                        error.code() == nats::errc::disconnected;
    if (!nobody) return {exit_code_of(error.code()), reason};
    constexpr std::string_view said_anyway = ": cannot connect";
    if (reason.ends_with(said_anyway)) reason.resize(reason.size() - said_anyway.size());
    return {exit_code::cannot_connect, "cannot connect to " + reason + std::string(how_to_have_a_server)};
}

failure not_allowed(const nats::connection_event& event) {
    return {exit_code::not_allowed, event.server + ": " + event.detail + "; use a login that has this permission"};
}

nats::options options_of(const server_choice& chosen, std::chrono::nanoseconds timeout) {
    auto options = nats::options_from_environment(chosen.overrides);
    const auto bound = std::max(std::chrono::ceil<std::chrono::milliseconds>(timeout), std::chrono::milliseconds(1));
    options.name = "mote";
    options.connect_timeout = bound;
    options.request_timeout = bound;
    options.reconnect.enabled = chosen.stays || chosen.reconnects;  // another command is quickly started again
    return options;
}

}  // namespace

asio::awaitable<server_access> open_access(server_choice chosen, loop* running) {
    server_access access;
    access.timeout = chosen.timeout ? *chosen.timeout : nats::timeout_from_environment();
    auto options = options_of(chosen, access.timeout);
    options.on_event = [running, stays = chosen.stays](const nats::connection_event& event) {
        if (!stays && event.kind == nats::event_kind::error && event.error == nats::errc::permission_denied)
            running->fail(std::make_exception_ptr(not_allowed(event)));
    };
    try {
        access.connection = co_await nats::connection::connect(options);
    } catch (const boost::system::system_error& error) {
        throw cannot_connect(error);
    }
    co_return access;
}

}  // namespace mote::command
