#include <mote/micro/detail/otlp_json.hpp>

#include <mote/json/utf8.hpp>

#include <boost/json.hpp>
#include <string_view>

namespace mote::micro::detail {
namespace {

constexpr std::size_t longest_text = 1024;
constexpr int status_error = 2;
constexpr std::uint32_t sampled_flag = 0x001;
constexpr std::uint32_t random_flag = 0x002;
constexpr std::uint32_t knows_remote = 0x100;
constexpr std::uint32_t is_remote = 0x200;

boost::json::string text_of(std::string_view text) {
    boost::json::string clean;
    while (!text.empty() && clean.size() < longest_text) {
        const auto length = mote::json::utf8_length(text.data(), text.data() + text.size());
        clean.append(length != 0 ? text.substr(0, length) : std::string_view("?"));
        text.remove_prefix(length != 0 ? length : 1);
    }
    return clean;
}

boost::json::object attribute(std::string_view key, boost::json::object value) {
    boost::json::object made;
    made["key"] = text_of(key);
    made["value"] = std::move(value);
    return made;
}

boost::json::object attribute(std::string_view key, const std::string& value) {
    return attribute(key, boost::json::object{{"stringValue", text_of(value)}});
}

boost::json::object attribute(std::string_view key, std::int64_t value) {
    return attribute(key, boost::json::object{{"intValue", std::to_string(value)}});
}

std::string unix_nanos(std::chrono::system_clock::time_point time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

std::uint32_t flags_of(const span& made) {
    return (made.context.sampled ? sampled_flag : 0) | (made.context.random_id ? random_flag : 0) | knows_remote |
           (made.remote_parent ? is_remote : 0);
}

boost::json::object span_json(const span& made) {
    boost::json::object object;
    object["traceId"] = made.context.trace_id_hex();
    object["spanId"] = made.context.span_id_hex();
    if (!made.context.state.empty()) object["traceState"] = text_of(made.context.state);
    if (made.parent) {
        trace_context parent;
        parent.span_id = *made.parent;
        object["parentSpanId"] = parent.span_id_hex();
    }
    object["flags"] = flags_of(made);
    object["name"] = text_of(made.name);
    object["kind"] = static_cast<int>(made.kind);
    object["startTimeUnixNano"] = unix_nanos(made.started);
    object["endTimeUnixNano"] = unix_nanos(made.started + made.took);
    boost::json::array attributes;
    for (const auto& [key, value] : made.attributes)
        attributes.push_back(std::visit([&key = key](const auto& held) { return attribute(key, held); }, value));
    object["attributes"] = std::move(attributes);
    boost::json::object status;
    if (made.failed) status["code"] = status_error;
    object["status"] = std::move(status);
    return object;
}

boost::json::object resource_json(const text_pairs& resource) {
    boost::json::array attributes;
    for (const auto& [key, value] : resource) attributes.push_back(attribute(key, value));
    attributes.push_back(attribute("telemetry.sdk.language", std::string("cpp")));
    attributes.push_back(attribute("telemetry.sdk.name", std::string("mote")));
    attributes.push_back(attribute("telemetry.sdk.version", std::string(MOTE_VERSION)));
    boost::json::object made;
    made["attributes"] = std::move(attributes);
    return made;
}

}  // namespace

std::string otlp_json(const text_pairs& resource, std::span<const span> spans) {
    boost::json::array all;
    all.reserve(spans.size());
    for (const auto& made : spans) all.push_back(span_json(made));
    boost::json::object scope;
    scope["name"] = "mote.micro";
    scope["version"] = MOTE_VERSION;
    boost::json::object scope_spans;
    scope_spans["scope"] = std::move(scope);
    scope_spans["spans"] = std::move(all);
    boost::json::object resource_spans;
    resource_spans["resource"] = resource_json(resource);
    resource_spans["scopeSpans"] = boost::json::array{std::move(scope_spans)};
    boost::json::object request;
    request["resourceSpans"] = boost::json::array{std::move(resource_spans)};
    return boost::json::serialize(request);
}

}  // namespace mote::micro::detail
