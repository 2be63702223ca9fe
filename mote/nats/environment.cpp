#include <mote/nats/environment.hpp>

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/duration.hpp>
#include <mote/nats/error.hpp>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace mote::nats {
namespace {

using detail::context_file;

constexpr auto default_timeout = std::chrono::seconds(5);

/// Credentials and transports that this version cannot use: failing is better than connecting as somebody else.
constexpr std::array unsupported_variables = {"NATS_CREDS", "NATS_NKEY", "NATS_JWT", "NATS_SEED",
                                              "NATS_CERT",  "NATS_KEY",  "NATS_CA",  "NATS_SOCKS_PROXY"};
constexpr std::array unsupported_fields = {"creds", "nkey", "user_jwt", "user_seed", "nsc",
                                           "cert",  "key",  "ca",       "tls_first", "socks_proxy"};

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string first_of(std::string a, std::string b, std::string c = {}) {
    if (!a.empty()) return a;
    return b.empty() ? std::move(c) : std::move(b);
}

/// Without fields when there is none to use.
context_file context_to_use(const environment_overrides& overrides) {
    if (overrides.no_context) return {};
    if (const auto named = first_of(overrides.context, variable("NATS_CONTEXT")); !named.empty())
        return detail::load_context(named);
    const auto selected = detail::selected_context();
    return selected ? detail::load_context(*selected) : context_file{};
}

void refuse_unsupported(const context_file& context) {
    for (const char* const name : unsupported_variables)
        if (!variable(name).empty()) throw_error(errc::not_supported, name);
    for (const char* const field : unsupported_fields)
        if (!context.get(field).empty()) throw_error(errc::not_supported, context.name + ": \"" + field + "\"");
}

void log_in(options& opts, const environment_overrides& overrides, const context_file& context) {
    opts.user = first_of(overrides.user, variable("NATS_USER"));
    opts.password = first_of(overrides.password, variable("NATS_PASSWORD"));
    opts.token = first_of(overrides.token, variable("NATS_TOKEN"), context.get("token"));
    if (!opts.user.empty() && opts.password.empty()) {
        opts.token = std::exchange(opts.user, {});  // as the `nats` command takes it
    } else if (opts.user.empty()) {
        opts.user = context.get("user");
        opts.password = first_of(std::move(opts.password), context.get("password"));
    }
}

}  // namespace

options options_from_environment(const environment_overrides& overrides) {
    const auto context = context_to_use(overrides);
    refuse_unsupported(context);
    options opts;
    const auto servers = first_of(overrides.server, variable("NATS_URL"), context.get("url"));
    if (!servers.empty()) opts.servers = {servers};
    log_in(opts, overrides, context);
    const auto prefix = first_of(overrides.inbox_prefix, context.get("inbox_prefix"));
    if (!prefix.empty()) opts.inbox_prefix = prefix;
    return opts;
}

jetstream_location jetstream_from_environment(const environment_overrides& overrides) {
    const auto context = context_to_use(overrides);
    return {first_of(overrides.jetstream_domain, context.get("jetstream_domain")),
            first_of(overrides.jetstream_api_prefix, context.get("jetstream_api_prefix"))};
}

std::chrono::nanoseconds timeout_from_environment() {
    const auto text = variable("NATS_TIMEOUT");
    if (text.empty()) return default_timeout;
    const auto timeout = parse_duration(text);
    if (!timeout) throw_error(errc::bad_context, "NATS_TIMEOUT: \"" + text + "\" is not a duration such as 5s");
    return *timeout;
}

}  // namespace mote::nats
