#include <apps/mote/server_access.hpp>

#include <apps/mote/context_mistakes.hpp>
#include <apps/mote/suggestion.hpp>
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

/// Which of the places that may name a server did, as the next words of an error.
std::string where_from(const server_choice& chosen) {
    const std::string origin = nats::origin_of_address(chosen.overrides);
    if (origin.empty()) return "; that is the usual address, none was named";
    return "; that address is from " + origin;
}

/// What is wrong in the context that is used, when it is that: the login is read only now.
std::string wrong_in_context(const server_choice& chosen) {
    const auto context = context_in_use(chosen.overrides);
    const auto mistakes = context ? mistakes_in(*context) : std::vector<std::string>();
    return mistakes.empty() ? std::string() : context->name + ": " + mistakes.front();
}

failure not_allowed(const nats::connection_event& event) {
    return {exit_code::not_allowed, event.server + ": " + event.detail + "; use a login that has this permission"};
}

/// Adds the names that may have been meant to the error of a context that is not there.
failure no_such_context(const boost::system::system_error& error, const server_choice& chosen) {
    std::string line = plain_reason(error.what());
    const auto wanted = name_of_context(chosen.overrides);
    const auto names = nats::detail::context_names();
    const bool is_absent = line.find("no context") != std::string::npos;  // else it is there, and wrong
    if (!wanted || !is_absent) return {exit_code::usage, line};
    const auto near = nearest(*wanted, names);
    if (!near.empty()) line += "; did you mean " + listed(near) + "?";
    if (near.empty()) line += names.empty() ? "; there is no context at all" : "; there is: " + listed(names);
    return {exit_code::usage, line};
}

nats::options read_environment(const server_choice& chosen) {
    try {
        return nats::options_from_environment(chosen.overrides);
    } catch (const boost::system::system_error& error) {
        if (error.code() == nats::errc::bad_context) throw no_such_context(error, chosen);
        throw;
    }
}

}  // namespace

failure connect_failure(const boost::system::system_error& error, const server_choice& chosen) {
    std::string reason = plain_reason(error.what());
    if (error.code() == nats::errc::bad_credentials)
        if (const auto wrong = wrong_in_context(chosen); !wrong.empty()) return {exit_code::usage, wrong};
    if (error.code() == nats::errc::auth_failed || error.code() == nats::errc::credentials_expired ||
        error.code() == nats::errc::permission_denied)
        return {exit_code::not_allowed, reason + std::string(how_to_log_in)};
    if (error.code() == nats::errc::bad_certificate)
        return {exit_code::cannot_connect, reason + std::string(how_to_trust)};
    if (error.code() == nats::errc::bad_url) return {exit_code::usage, reason + where_from(chosen)};
    const bool nobody = error.code() == nats::errc::connect_failed || error.code() == nats::errc::timeout ||
                        error.code() == nats::errc::disconnected;
    if (!nobody) return {exit_code_of(error.code()), reason};
    constexpr std::string_view said_anyway = ": cannot connect";
    if (reason.ends_with(said_anyway)) reason.resize(reason.size() - said_anyway.size());
    return {exit_code::cannot_connect,
            "cannot connect to " + reason + where_from(chosen) + std::string(how_to_have_a_server)};
}

nats::options connect_options(const server_choice& chosen, std::chrono::nanoseconds timeout, std::string_view name) {
    auto with_timeout = chosen;
    with_timeout.overrides.timeout = timeout;
    auto options = read_environment(with_timeout);
    if (options.name.empty()) options.name = name;
    options.connect_timeout = options.request_timeout;
    options.reconnect.enabled = chosen.stays || chosen.reconnects;  // another command is quickly started again
    return options;
}

asio::awaitable<server_access> open_access(server_choice chosen, loop* running) {
    server_access access;
    access.timeout = chosen.timeout ? *chosen.timeout : nats::timeout_from_environment();
    auto options = connect_options(chosen, access.timeout, "mote");
    options.on_event = [running, stays = chosen.stays](const nats::connection_event& event) {
        if (!stays && event.kind == nats::event_kind::error && event.error == nats::errc::permission_denied)
            running->fail(std::make_exception_ptr(not_allowed(event)));
    };
    try {
        access.connection = co_await nats::connection::connect(options);
    } catch (const boost::system::system_error& error) {
        throw connect_failure(error, chosen);
    }
    co_return access;
}

}  // namespace mote::command
