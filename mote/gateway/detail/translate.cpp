#include <mote/gateway/detail/translate.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/gateway/detail/query.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/duration.hpp>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>

namespace mote::gateway::detail {
namespace {

constexpr int last_status = 599;

/// What is not of HTTP, is about the connection, or is for us alone.
bool is_left_out(std::string_view name) {
    return !functions::call_headers::is_passed_on(name) || http::same_name(name, "X-Timeout");
}

[[noreturn]] void refuse_value(const std::string& name, const std::string& expected) {
    throw http::status_error(http::status::bad_request, name + ": expected " + expected);
}

boost::json::value value_of(const std::string& name, const std::string& text, std::string_view type) {
    if (type == "boolean") {
        if (text == "true" || text == "1") return true;
        if (text == "false" || text == "0") return false;
        refuse_value(name, "true or false");
    }
    if (type == "integer" || type == "number") {
        boost::json::error_code failed;
        auto number = boost::json::parse(text, failed);
        if (failed || !number.is_number()) refuse_value(name, type == "integer" ? "an integer" : "a number");
        if (type == "integer" && number.is_double()) refuse_value(name, "an integer");
        return number;
    }
    return boost::json::string(text);
}

/// Of several types, as what may be null has them, the first that is not null.
std::string_view type_in(const boost::json::object* schema) {
    const auto* const type = schema != nullptr ? schema->if_contains("type") : nullptr;
    if (type == nullptr) return {};
    if (type->is_string()) return type->get_string();
    if (!type->is_array()) return {};
    for (const auto& each : type->get_array())
        if (each.is_string() && each.get_string() != "null") return each.get_string();
    return {};
}

/// Follows one `#/$defs/...`, as our own schemas have it for described types.
const boost::json::object* resolved(const boost::json::object* root, const boost::json::value* schema) {
    if (schema == nullptr || !schema->is_object()) return nullptr;
    const auto* const ref = schema->get_object().if_contains("$ref");
    if (ref == nullptr || !ref->is_string()) return &schema->get_object();
    const auto text = std::string_view(ref->get_string());
    const auto* const root_defs = root->if_contains("$defs");
    constexpr std::string_view defs = "#/$defs/";
    if (root_defs == nullptr || !root_defs->is_object() || !text.starts_with(defs)) return nullptr;
    const auto name = text.substr(defs.size());
    const auto* const found = root_defs->get_object().if_contains(boost::json::string_view(name.data(), name.size()));
    return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

std::string json_payload(const boost::json::value& schema, const route_values& values) {
    const auto* const root = schema.is_object() ? &schema.get_object() : nullptr;
    const auto* const top = root != nullptr ? resolved(root, &schema) : nullptr;
    const auto type = type_in(top);
    if (!type.empty() && type != "object") {
        if (values.size() != 1)
            throw http::status_error(http::status::bad_request, "expected one value in path or query");
        return boost::json::serialize(value_of(values[0].first, values[0].second, type));
    }
    const auto* const properties = top != nullptr ? top->if_contains("properties") : nullptr;
    boost::json::object whole;
    for (const auto& [name, text] : values) {
        const auto* const property =
            properties != nullptr && properties->is_object() ? properties->get_object().if_contains(name) : nullptr;
        whole[name] = value_of(name, text, type_in(root != nullptr ? resolved(root, property) : nullptr));
    }
    return boost::json::serialize(whole);
}

/// The names in all `Connection` headers (RFC 9110, 7.6.1); `room` where there are several of these.
std::string_view words_about_connection(const http::exchange& asked, std::string& room) {
    std::string_view words;
    for (const auto& [name, value] : asked.headers()) {
        if (!http::same_name(name, "Connection")) continue;
        if (!words.empty()) words = room = std::string(words) + "," + std::string(value);
        if (words.empty()) words = value;
    }
    return words;
}

std::optional<int> number_in(std::optional<std::string_view> text) {
    int number = 0;
    if (!text) return std::nullopt;
    const auto* const end = text->data() + text->size();
    const auto [rest, failed] = std::from_chars(text->data(), end, number);
    if (failed != std::errc() || rest != end) return std::nullopt;
    return number;
}

}  // namespace

nats::headers request_headers(const http::exchange& asked, std::string_view path,
                              std::span<const std::string_view> without) {
    constexpr std::size_t usual_bytes = 768;
    nats::headers result;
    result.reserve(usual_bytes);
    std::string room;
    const auto about_connection = words_about_connection(asked, room);
    for (const auto& [name, value] : asked.headers()) {
        const auto is_same = [&](std::string_view other) { return http::same_name(other, name); };
        if (!is_left_out(name) && !http::has_word(about_connection, name) && std::ranges::none_of(without, is_same))
            result.add(name, value);
    }
    // None of these can be among those above.
    result.add("Http-Method", asked.method());
    result.add("Http-Path", path);
    if (!asked.query().empty()) result.add("Http-Query", asked.query());
    if (!asked.host().empty()) result.add("Http-Host", asked.host());
    return result;
}

std::string payload_of(const exposed_endpoint& endpoint, const route_values& path, std::string_view query) {
    auto values = path;
    for (auto& value : query_values(query)) values.push_back(std::move(value));
    if (endpoint.takes_json) return json_payload(endpoint.request_schema, values);
    if (values.empty()) return {};
    if (values.size() == 1) return values[0].second;
    return json_payload({}, values);
}

std::optional<std::chrono::nanoseconds> asked_timeout(const http::exchange& asked) {
    const auto text = asked.header("X-Timeout");
    if (!text) return std::nullopt;
    const auto wanted = nats::parse_duration(*text);
    if (!wanted || wanted->count() == 0)
        throw http::status_error(http::status::bad_request,
                                 "X-Timeout: expected a duration such as 500ms, 1.5s or 1m30s");
    return std::min<std::chrono::nanoseconds>(*wanted, std::chrono::hours(24));
}

int status_of_error(int code) {
    return code >= http::status::bad_request && code <= last_status ? code : http::status::internal_server_error;
}

int status_of(const nats::message_view& reply) {
    const auto& headers = reply.headers;
    if (headers.empty()) return http::status::ok;
    if (const auto text = headers.get("Http-Status")) {
        const auto said = number_in(text);
        if (said && *said >= http::status::ok && *said <= last_status) return *said;
        throw std::invalid_argument("a status that is not from 200 to 599");
    }
    const auto code = headers.get("Nats-Service-Error-Code");
    if (!code && !headers.get("Nats-Service-Error")) return http::status::ok;
    return status_of_error(number_in(code).value_or(0));
}

answer_view view_of(const nats::message_view& reply, std::string_view type) {
    constexpr std::size_t usual_headers = 8;
    answer_view result;
    result.headers.reserve(usual_headers);
    result.status = status_of(reply);
    bool has_type = false;
    for (const auto& [name, value] : reply.headers) {
        if (is_left_out(name)) continue;
        has_type = has_type || http::same_name(name, "Content-Type");
        result.headers.push_back({name, value});
    }
    result.body = reply.payload;
    const auto error = reply.headers.get("Nats-Service-Error");
    if (error && result.body.empty()) {
        result.body = *error;
        if (!has_type) result.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    } else if (!has_type && !type.empty() && !error) {
        result.headers.push_back({"Content-Type", type});
    }
    return result;
}

http::response response_of(const nats::message& reply, std::string_view type) {
    const auto view = view_of(reply.view(), type);
    http::response result;
    result.status = view.status;
    result.headers.reserve(view.headers.size());
    for (const auto& [name, value] : view.headers) result.headers.emplace_back(name, value);
    result.body = view.body;
    if (reply.payload().empty() && !result.body.empty()) result.body += '\n';
    return result;
}

}  // namespace mote::gateway::detail
