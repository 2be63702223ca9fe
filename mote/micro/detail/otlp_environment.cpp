#include <mote/micro/detail/otlp_environment.hpp>

#include <mote/micro/detail/text.hpp>

#include <algorithm>
#include <boost/url.hpp>
#include <cctype>
#include <charconv>
#include <string_view>

namespace mote::micro::detail {
namespace {

namespace urls = boost::urls;
using lookup = std::function<const char*(const char*)>;

constexpr std::string_view general_endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
constexpr std::string_view traces_endpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;
const std::string service_name_key = "service.name";

/// Its value; empty when it is not set, which means the same.
std::string value_of(const lookup& variable, std::string_view name) {
    const char* const value = variable(std::string(name).c_str());
    return value != nullptr ? value : "";
}

std::string first_of(const lookup& variable, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (auto value = value_of(variable, name); !value.empty()) return value;
    return {};
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::optional<std::string> decoded(std::string_view text) {
    const auto made = urls::make_pct_string_view(urls::string_view(text.data(), text.size()));
    if (!made) return std::nullopt;
    return (*made).decode();
}

/// `key=value,key=value` with percent-encoding (W3C Baggage). What is none is left out, and said by `variable_name`
/// alone: the value may be a secret.
text_pairs pairs_in(std::string_view text, std::string_view variable_name, std::string& problem) {
    text_pairs pairs;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto member = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (member.empty()) continue;
        const auto equals = member.find('=');
        const auto key = trimmed(member.substr(0, equals));
        const auto value = equals == member.npos ? std::nullopt : decoded(trimmed(member.substr(equals + 1)));
        if (key.empty() || !value)
            problem = std::string(variable_name) + ": an entry is not key=value and left out";
        else
            pairs.emplace_back(key, *value);
    }
    return pairs;
}

bool is_header_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

text_pairs headers_in(const std::string& text, std::string_view variable_name, std::string& problem) {
    auto headers = pairs_in(text, variable_name, problem);
    const auto unusable = [](const auto& header) {
        return !is_header_name(header.first) || !is_header_value(header.second);
    };
    if (std::erase_if(headers, unusable) != 0)
        problem = std::string(variable_name) + ": a header with characters that HTTP forbids is left out";
    return headers;
}

/// 0 when it is none.
std::uint16_t port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc() && end == text.data() + text.size() ? port : std::uint16_t{0};
}

/// The target of a URL, or nothing and why.
std::optional<otlp_target> target_of(const std::string& text, std::string_view variable_name, bool add_path,
                                     std::string& problem) {
    const auto name = std::string(variable_name);
    const auto parsed = urls::parse_uri(text);
    if (!parsed || (*parsed).host_address().empty()) {
        problem = name + " is not a URL such as http://127.0.0.1:4318; no traces are sent";
        return std::nullopt;
    }
    const auto& url = *parsed;
    if (url.scheme_id() != urls::scheme::http && url.scheme_id() != urls::scheme::https) {
        problem = name + ": neither http:// nor https:// but " + std::string(url.scheme()) + "://; no traces are sent";
        return std::nullopt;
    }
    otlp_target target;
    target.tls = url.scheme_id() == urls::scheme::https;
    target.host = url.host_address();
    target.port = url.has_port() ? port_in(url.port()) : target.tls ? https_port : http_port;
    target.host_header = std::string(url.encoded_host_and_port());
    target.path = std::string(url.encoded_path());
    if (add_path) {
        while (target.path.ends_with('/')) target.path.pop_back();
        target.path += "/v1/traces";
    }
    if (target.path.empty()) target.path = "/";
    if (url.has_query()) target.path += "?" + std::string(url.encoded_query());
    if (target.port == 0) problem = name + ": the port is not a number from 1 to 65535; no traces are sent";
    return target.port != 0 ? std::optional(target) : std::nullopt;
}

text_pairs resource_of(const lookup& variable, const std::string& service_name, std::string& problem) {
    auto resource = pairs_in(value_of(variable, "OTEL_RESOURCE_ATTRIBUTES"), "OTEL_RESOURCE_ATTRIBUTES", problem);
    const auto named =
        std::find_if(resource.begin(), resource.end(), [](const auto& p) { return p.first == service_name_key; });
    const auto told = value_of(variable, "OTEL_SERVICE_NAME");
    if (named == resource.end())
        resource.insert(resource.begin(), {service_name_key, told.empty() ? service_name : told});
    else if (!told.empty())
        named->second = told;
    return resource;
}

}  // namespace

std::optional<otlp_settings> otlp_settings_from(const lookup& variable, const std::string& service_name,
                                                std::string& problem) {
    const auto own = value_of(variable, traces_endpoint);
    const auto general = value_of(variable, general_endpoint);
    if (own.empty() && general.empty()) return std::nullopt;
    if (lower(value_of(variable, "OTEL_SDK_DISABLED")) == "true") return std::nullopt;
    const auto exporter = value_of(variable, "OTEL_TRACES_EXPORTER");
    if (!exporter.empty() && exporter != "otlp") return std::nullopt;
    if (first_of(variable, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}) == "grpc") {
        problem = "OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not supported, only http/json; no traces are sent";
        return std::nullopt;
    }
    auto target = own.empty() ? target_of(general, general_endpoint, true, problem)
                              : target_of(own, traces_endpoint, false, problem);
    if (!target) return std::nullopt;
    otlp_settings settings;
    settings.target = std::move(*target);
    settings.target.ca_file =
        first_of(variable, {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"});
    const std::string_view headers_variable = value_of(variable, "OTEL_EXPORTER_OTLP_TRACES_HEADERS").empty()
                                                  ? "OTEL_EXPORTER_OTLP_HEADERS"
                                                  : "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    settings.target.headers = headers_in(value_of(variable, headers_variable), headers_variable, problem);
    settings.resource = resource_of(variable, service_name, problem);
    return settings;
}

}  // namespace mote::micro::detail
