#include <apps/mote/context/shown_field.hpp>

#include <mote/nats/detail/secret_source.hpp>

#include <algorithm>
#include <array>

namespace mote::command {
namespace {

constexpr std::string_view stars = "********";

constexpr std::array plain_fields = {
    std::string_view("name"),
    std::string_view("description"),
    std::string_view("user"),
    std::string_view("nsc"),
    std::string_view("jetstream_domain"),
    std::string_view("jetstream_api_prefix"),
    std::string_view("jetstream_event_prefix"),
    std::string_view("inbox_prefix"),
    std::string_view("color_scheme"),
    std::string_view("tls_first"),
    std::string_view("windows_cert_store"),
    std::string_view("windows_cert_match_by"),
    std::string_view("windows_cert_match"),
    std::string_view("windows_ca_certs_match"),
};
/// A path, or one of the places of secrets.
constexpr std::array source_fields = {std::string_view("creds"), std::string_view("nkey"), std::string_view("cert"),
                                      std::string_view("key"), std::string_view("ca")};
constexpr std::array address_fields = {std::string_view("url"), std::string_view("socks_proxy")};

bool is_place(std::string_view value) {
    return value.starts_with("file://") || value.starts_with("env://") || value.starts_with("op://") ||
           value.starts_with("nsc://");
}

std::string without_login(std::string_view address) {
    const auto scheme = address.find("://");
    const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto at = address.rfind('@');  // the last one: an address that is wrong may have others in its password
    if (at == std::string_view::npos || at < begin) {
        // The half of a login before a comma: what follows the colon is no port.
        const auto colon = address.find(':', begin);
        const bool is_port = colon == std::string_view::npos || address.substr(begin).starts_with('[') ||
                             address.find_first_not_of("0123456789/", colon + 1) == std::string_view::npos;
        return is_port ? std::string(address) : std::string(address.substr(0, begin)) + std::string(stars);
    }
    return std::string(address.substr(0, begin)) + std::string(stars) + std::string(address.substr(at));
}

}  // namespace

std::string without_logins(std::string_view addresses) {
    std::string shown;
    for (std::size_t begin = 0; begin <= addresses.size();) {
        const auto end = std::min(addresses.find(',', begin), addresses.size());
        if (begin != 0) shown += ',';
        shown += without_login(addresses.substr(begin, end - begin));
        begin = end + 1;
    }
    return shown;
}

std::string shown_field(std::string_view field, const std::string& value) {
    if (std::ranges::find(plain_fields, field) != plain_fields.end()) return value;
    if (std::ranges::find(address_fields, field) != address_fields.end()) return without_logins(value);
    const bool is_source = std::ranges::find(source_fields, field) != source_fields.end();
    if (is_place(value) || (is_source && !nats::detail::is_secret_itself(value)))
        return nats::detail::name_of_source(value);
    return std::string(stars);
}

}  // namespace mote::command
