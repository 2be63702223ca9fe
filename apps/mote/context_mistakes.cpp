#include <apps/mote/context_mistakes.hpp>

#include <apps/mote/suggestion.hpp>

#include <mote/nats/detail/secret_source.hpp>
#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <unistd.h>

namespace mote::command {
namespace {

using nats::detail::context_file;

std::string quoted(std::string_view field) { return std::string(1, '"').append(field).append(1, '"'); }

/// What is read when a connection is made: a path, or where a secret is kept. JWT and seed are themselves unless told otherwise.
std::string wrong_source(const context_file& context, const char* field) {
    std::string source = nats::detail::expand_path(context.get(field));
    if (source.empty() || source.starts_with("data:")) return {};
    if (source.starts_with("op://") || source.starts_with("nsc://"))
        return "secrets of 1Password and nsc cannot be read here; write file:// or env:// instead";
    if (constexpr std::string_view scheme = "env://"; source.starts_with(scheme)) {
        const std::string name = source.substr(scheme.size());
        return nats::detail::variable(name.c_str()).empty() ? "the variable " + name + " is not set" : std::string();
    }
    if (constexpr std::string_view scheme = "file://"; source.starts_with(scheme)) source.erase(0, scheme.size());
    if (::access(source.c_str(), R_OK) == 0) return {};
    const std::string why = std::strerror(errno);
    // Without a slash it may be the secret itself, written where its file belongs.
    return source.find('/') == std::string::npos ? "not a file that can be read: " + why : source + ": " + why;
}

/// Others are the secret itself.
bool is_elsewhere(const std::string& text) {
    return text.starts_with("file://") || text.starts_with("env://") || text.starts_with("op://");
}

}  // namespace

std::vector<std::string> mistakes_in(const context_file& context) {
    std::vector<std::string> found;
    const auto add = [&](std::string_view field, const std::string& why) {
        if (!why.empty()) found.push_back(quoted(field) + ": " + why);
    };
    if (const auto url = context.get("url"); !url.empty()) {
        try {
            nats::options options;
            options.servers = {url};
            const nats::detail::server_pool checked(options);
        } catch (const boost::system::system_error& error) {
            add("url", nats::plain_reason(error.what()));
        }
    }
    for (const char* const field : {"creds", "nkey", "cert", "key", "ca"}) add(field, wrong_source(context, field));
    for (const char* const field : {"password", "token", "user_jwt", "user_seed"})
        if (is_elsewhere(context.get(field))) add(field, wrong_source(context, field));
    if (!context.get("cert").empty() && context.get("key").empty()) add("cert", "there is no \"key\" for it");
    if (!context.get("key").empty() && context.get("cert").empty()) add("key", "there is no \"cert\" for it");
    if (!context.get("user_seed").empty() && context.get("user_jwt").empty())
        add("user_seed", "there is no \"user_jwt\" for it");
    if (!context.get("nsc").empty()) add("nsc", "is not supported; write \"creds\" instead");
    std::vector<std::string> logins;
    for (const char* const field : {"user", "creds", "nkey", "nsc", "user_jwt"})
        if (!context.get(field).empty()) logins.push_back(quoted(field));
    if (logins.size() > 1) found.push_back(listed(logins) + ": more than one kind of login; keep one");
    return found;
}

std::optional<std::string> name_of_context(const nats::environment_overrides& overrides) {
    if (overrides.no_context) return std::nullopt;
    if (!overrides.context.empty()) return overrides.context;
    if (auto named = nats::detail::variable("NATS_CONTEXT"); !named.empty()) return named;
    return nats::detail::selected_context();
}

std::optional<context_file> context_in_use(const nats::environment_overrides& overrides) {
    try {
        const auto name = name_of_context(overrides);
        return name ? std::optional(nats::detail::load_context(*name)) : std::nullopt;
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
}

}  // namespace mote::command
