#include <mote/functions/callback_rules.hpp>

#include <mote/functions/detail/ip_network.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/detail/url_text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace mote::functions {
namespace detail {

struct callback_rule {
    std::string host{};  ///< in lower case; empty: `where`
    ip_network where{};
    std::optional<std::uint16_t> port{};

    bool fits(std::uint16_t asked) const noexcept { return !port || *port == asked; }
    bool allows(const ip_bytes& address, std::uint16_t asked) const noexcept {
        if (!host.empty() || !fits(asked) || !where.has(address)) return false;
        const auto* const special = special_range_of(address);
        return special == nullptr || special->has(where);
    }
};

}  // namespace detail

namespace {

using detail::callback_rule;
using rule_list = std::vector<callback_rule>;

constexpr std::size_t most_rules = 100;
constexpr std::size_t longest_text = 4000;
constexpr std::size_t longest_shown = 100;

using detail::is_digit;

bool is_host_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_'; }

/// As names of hosts are compared: in lower case, and without the dot at their end.
std::string plain_host(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string plain(host);
    for (char& c : plain)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return plain;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

struct host_and_port {
    std::string_view host{};
    std::string_view port{};  // empty: none was said
    bool bad = false;
};

/// `host`, `host:port`, `[address]`, `[address]:port`.
host_and_port split(std::string_view text) {
    host_and_port parts;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        parts.bad = end == std::string_view::npos;
        if (parts.bad) return parts;
        parts.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        parts.bad = !text.empty() && !text.starts_with(':');
        if (!text.empty()) parts.port = text.substr(1);
        return parts;
    }
    const auto colon = text.find(':');
    parts.host = text.substr(0, colon);
    if (colon != std::string_view::npos) parts.port = text.substr(colon + 1);
    return parts;
}

std::optional<callback_rule> rule_of(std::string_view word) {
    callback_rule rule;
    if (word == "*") return rule;  // of no bits: all addresses
    if (const auto network = detail::read_network(word)) {
        rule.where = *network;
        return rule;
    }
    const auto parts = split(word);
    if (parts.bad || parts.host.empty()) return std::nullopt;
    if (!parts.port.empty()) {
        rule.port = port_of(parts.port);
        if (!rule.port) return std::nullopt;
    }
    if (const auto address = detail::read_network(parts.host); address && parts.host.find('/') == parts.host.npos) {
        rule.where = *address;
        return rule;
    }
    rule.host = plain_host(parts.host);
    const bool is_name = !rule.host.empty() && std::ranges::all_of(rule.host, is_host_character) &&
                         !detail::read_loose_address(rule.host) && !word.ends_with(':') && !word.starts_with('[');
    if (!is_name) return std::nullopt;
    return rule;
}

bool is_loopback_name(std::string_view host) { return host == "localhost" || host.ends_with(".localhost"); }

}  // namespace

callback_rules::callback_rules() : callback_rules(parse("*")) {}

callback_rules::callback_rules(std::string_view words, rule_list rules)
    : text_(words), rules_(std::make_shared<const rule_list>(std::move(rules))) {}

callback_rules callback_rules::with_loopback() { return parse("* 127.0.0.0/8 ::1"); }

callback_rules callback_rules::parse(std::string_view words) {
    if (words.size() > longest_text) throw_error(errc::bad_setting, "callback addresses: more than 4000 characters");
    rule_list rules;
    for (auto rest = words; !rest.empty();) {
        const auto word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        if (word.empty()) continue;
        auto rule = rule_of(word);
        if (!rule)
            throw_error(errc::bad_setting, "callback addresses: neither a host, an address, a network nor *: " +
                                               std::string(word.substr(0, longest_shown)));
        rules.push_back(std::move(*rule));
    }
    if (rules.size() > most_rules) throw_error(errc::bad_setting, "callback addresses: more than 100");
    return {words, std::move(rules)};
}

bool callback_rules::allow(std::string_view host, std::string_view address, std::uint16_t port) const {
    const auto name = plain_host(host);
    const auto number = detail::read_address(address);
    return std::ranges::any_of(*rules_, [&](const callback_rule& rule) {
        return rule.host.empty() ? number && rule.allows(*number, port) : rule.host == name && rule.fits(port);
    });
}

void callback_rules::check(std::string_view url) const {
    const auto scheme = detail::scheme_size(url);
    const auto parts = split(detail::host_of(detail::authority_of(url, scheme)));
    const bool secure = scheme == std::string_view("https://").size();
    const auto port = parts.port.empty() ? std::optional<std::uint16_t>(secure ? 443 : 80) : port_of(parts.port);
    if (parts.bad || !port)
        throw_error(errc::bad_callback, detail::quoted_url(url) + ": its host or its port cannot be read");

    const auto name = plain_host(parts.host);
    const auto by_name = [&](const callback_rule& rule) { return rule.host == name && rule.fits(*port); };
    const auto by_address = [&](const callback_rule& rule) { return rule.host.empty() && rule.fits(*port); };
    const auto allowed = [&](std::string_view address) { return allow(name, address, *port); };
    bool may_be = false;
    if (detail::read_loose_address(name)) {
        const auto address = *detail::read_loose_address(name);
        may_be = std::ranges::any_of(*rules_, [&](const callback_rule& rule) { return rule.allows(address, *port); });
    } else if (is_loopback_name(name)) {
        may_be = allowed("127.0.0.1") || allowed("::1");
    } else {  // what its address is will be seen when it is asked
        may_be = std::ranges::any_of(*rules_, by_address) || std::ranges::any_of(*rules_, by_name);
    }
    if (!may_be)
        throw_error(errc::bad_callback,
                    detail::quoted_url(url) + ": results are not sent to " + name.substr(0, longest_shown));
}

}  // namespace mote::functions
