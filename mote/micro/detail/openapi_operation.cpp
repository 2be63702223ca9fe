#include <mote/micro/detail/openapi_operation.hpp>

#include <mote/json/utf8.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace mote::micro::detail {
namespace {

constexpr std::string_view any_bytes = "application/octet-stream";
constexpr std::size_t longest_media_type = 256;

/// RFC 9110, `media-type`; of parameters only the characters are looked at.
bool is_media_type(std::string_view text) {
    const auto is_token = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
        });
    };
    const auto essence = text.substr(0, text.find_first_of("; "));
    const auto slash = essence.find('/');
    return text.size() <= longest_media_type && slash != std::string_view::npos && is_token(essence.substr(0, slash)) &&
           is_token(essence.substr(slash + 1)) &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_json_type(std::string_view media_type) {
    const auto essence = media_type.substr(0, media_type.find_first_of("; "));
    return essence == "application/json" || essence.ends_with("+json");
}

/// What an endpoint takes or gives.
struct side {
    std::string type{};           // empty: anything
    boost::json::value schema{};  // null: none
};

side side_of(const endpoint_info& endpoint, const char* name, const std::string& owner, component_schemas& schemas,
             std::vector<std::string>& warnings) {
    const auto key = std::string("mote.") + name;
    const auto whose = owner + ": its " + name;
    side made;
    made.type = metadata_value(endpoint.metadata, key + ".type");
    if (!made.type.empty() && !is_media_type(made.type)) {
        warnings.push_back(whose + " type: not a media type");
        made.type.clear();
    }
    const auto& text = metadata_value(endpoint.metadata, key + ".schema");
    if (!text.empty()) {
        std::string problem;
        made.schema = schemas.add(text, owner + "." + name, problem);
        if (!problem.empty()) warnings.push_back(whose + " schema: " + problem);
        if (made.type.empty()) made.type = "application/json";
    } else if (!metadata_value(endpoint.metadata, key + ".schema.ref").empty()) {
        warnings.push_back(whose + " schema: is served elsewhere, and was not fetched");
    }
    return made;
}

boost::json::object content_of(const side& what) {
    boost::json::object media;
    if (!what.schema.is_null()) media["schema"] = what.schema;
    return {{what.type.empty() ? any_bytes : std::string_view(what.type), std::move(media)}};
}

/// Many messages of a form that has a way to tell them apart in one body are told with it.
boost::json::object content_of_stream(side item) {
    if (!is_json_type(item.type)) {
        item.schema = nullptr;
        return content_of(item);
    }
    item.type = "application/x-ndjson";
    return content_of(item);
}

boost::json::object request_of(const side& what) {
    boost::json::object body{{"content", content_of(what)}};
    if (is_json_type(what.type)) body["required"] = true;  // nothing is no JSON
    return body;
}

boost::json::object reference_to(std::string_view response) {
    return {{"$ref", "#/components/responses/" + std::string(response)}};
}

}  // namespace

endpoint_bodies describe_bodies(const endpoint_info& endpoint, const std::string& owner, component_schemas& schemas,
                                std::vector<std::string>& warnings) {
    endpoint_bodies made;
    const auto request = side_of(endpoint, "request", owner, schemas, warnings);
    made.request = request_of(request);
    if (is_json_type(request.type)) made.json_schema = request.schema;
    const auto& kind = metadata_value(endpoint.metadata, "mote.kind");
    if (kind == "event") {
        made.responses["202"] = boost::json::object{{"description", "Told; there is no answer."}};
    } else if (kind == "work") {
        const auto& stream = metadata_value(endpoint.metadata, "mote.stream");
        const auto where = stream.empty() ? std::string("a stream") : "the stream " + mote::json::valid_utf8(stream);
        made.responses["202"] = boost::json::object{{"description", "Kept in " + where + " until it is done."},
                                                    {"content", {{"application/json", boost::json::object()}}}};
    } else {
        auto response = side_of(endpoint, "response", owner, schemas, warnings);
        const bool streams = metadata_value(endpoint.metadata, "mote.reply") == "stream";
        made.responses["200"] =
            boost::json::object{{"description", streams ? "The items, as they come." : "The answer."},
                                {"content", streams ? content_of_stream(std::move(response)) : content_of(response)}};
        if (!request.type.empty()) made.responses["400"] = reference_to("bad_request");
    }
    made.responses["503"] = reference_to("unavailable");
    made.responses["504"] = reference_to("timeout");
    made.responses["default"] = reference_to("error");
    return made;
}

boost::json::object shared_responses() {
    const auto response = [](std::string_view description) {
        const boost::json::object media{
            {"schema", {{"$ref", "#/components/schemas/" + std::string(error_schema_name)}}}};
        return boost::json::object{{"description", description}, {"content", {{"text/plain", media}}}};
    };
    auto unavailable = response("No instance of the service is there now.");
    unavailable["headers"] = {{"Retry-After", {{"schema", {{"type", "integer"}, {"minimum", 0}}}}}};
    return {{"bad_request", response("The body is not of the type that the endpoint takes.")},
            {"error", response("The service answered with an error. Some services send a body of their own with it.")},
            {"timeout", response("The service did not answer in time.")},
            {"unavailable", std::move(unavailable)}};
}

boost::json::object error_schema() { return {{"type", "string"}, {"description", "What is wrong, in one line."}}; }

}  // namespace mote::micro::detail
