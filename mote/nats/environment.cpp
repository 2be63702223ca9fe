#include <mote/nats/environment.hpp>

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/detail/environment_login.hpp>
#include <mote/nats/duration.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace mote::nats {
namespace {

using detail::context_file;
using detail::first_of;
using detail::variable;

constexpr auto default_timeout = std::chrono::seconds(5);

/// What this version cannot use: failing is better than connecting in another way, or as somebody else.
constexpr std::array unsupported_fields = {"nsc"};

/// Without fields when there is none to use.
context_file context_to_use(const environment_overrides& overrides) {
    if (overrides.no_context) return {};
    if (const auto named = first_of(overrides.context, variable("NATS_CONTEXT")); !named.empty())
        return detail::load_context(named);
    const auto selected = detail::selected_context();
    return selected ? detail::load_context(*selected) : context_file{};
}

void refuse_unsupported(const context_file& context) {
    for (const char* const field : unsupported_fields)
        if (!context.get(field).empty()) throw_error(errc::not_supported, context.name + ": \"" + field + "\"");
}

bool is_yes(const std::string& text, const char* name) {
    if (text.empty() || text == "0" || text == "false") return false;
    if (text == "1" || text == "true") return true;
    throw_error(errc::bad_context, std::string(name) + ": neither true nor false");
}

tls_options tls_from(const environment_overrides& overrides, const context_file& context) {
    tls_options tls;
    const auto of_context = [&](const char* field) { return detail::expand_path(context.get(field)); };
    tls.certificate = first_of(overrides.tls_certificate, variable("NATS_CERT"), of_context("cert"));
    tls.key = first_of(overrides.tls_key, variable("NATS_KEY"), of_context("key"));
    tls.ca = first_of(overrides.tls_ca, variable("NATS_CA"), of_context("ca"));
    tls.handshake_first = overrides.tls_first || is_yes(variable("NATS_TLSFIRST"), "NATS_TLSFIRST") ||
                          is_yes(context.get("tls_first"), "tls_first");
    return tls;
}

jetstream_location location_from(const environment_overrides& overrides, const context_file& context) {
    jetstream_location where{overrides.jetstream_domain, overrides.jetstream_api_prefix};
    if (where.domain.empty() && where.api_prefix.empty())
        where = {context.get("jetstream_domain"), context.get("jetstream_api_prefix")};
    if (!where.domain.empty()) where.api_prefix.clear();
    return where;
}

std::chrono::milliseconds in_milliseconds(std::chrono::nanoseconds timeout) {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(timeout), std::chrono::milliseconds(1));
}

}  // namespace

options options_from_environment(const environment_overrides& overrides) {
    const auto context = context_to_use(overrides);
    refuse_unsupported(context);
    options opts;
    const auto servers = first_of(overrides.server, variable("NATS_URL"), context.get("url"));
    if (!servers.empty()) opts.servers = {servers};
    detail::log_in(opts, {overrides, context});
    opts.tls = tls_from(overrides, context);
    opts.proxy = first_of(overrides.socks_proxy, variable("NATS_SOCKS_PROXY"), context.get("socks_proxy"));
    const auto prefix = first_of(overrides.inbox_prefix, variable("NATS_INBOX_PREFIX"), context.get("inbox_prefix"));
    if (!prefix.empty()) opts.inbox_prefix = prefix;
    opts.name = overrides.connection_name;
    opts.jetstream = location_from(overrides, context);
    opts.request_timeout =
        in_milliseconds(overrides.timeout.count() > 0 ? overrides.timeout : timeout_from_environment());
    return opts;
}

std::string origin_of_address(const environment_overrides& overrides) {
    const auto context = context_to_use(overrides);
    if (!overrides.server.empty()) return "--server";
    if (!variable("NATS_URL").empty()) return "NATS_URL";
    return context.get("url").empty() ? std::string() : context.name;
}

jetstream_location jetstream_from_environment(const environment_overrides& overrides) {
    return location_from(overrides, context_to_use(overrides));
}

std::chrono::nanoseconds timeout_from_environment() {
    const auto text = variable("NATS_TIMEOUT");
    if (text.empty()) return default_timeout;
    const auto timeout = parse_duration(text);
    if (!timeout || timeout->count() == 0)
        throw_error(errc::bad_context, "NATS_TIMEOUT: \"" + text + "\" is not a duration such as 5s");
    return *timeout;
}

}  // namespace mote::nats
