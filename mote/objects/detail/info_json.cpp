#include <mote/objects/detail/info_json.hpp>

#include <mote/objects/detail/layout.hpp>
#include <mote/objects/error.hpp>

#include <boost/json.hpp>
#include <initializer_list>

namespace mote::objects::detail {
namespace {

namespace json = boost::json;

constexpr std::string_view zero_time = "0001-01-01T00:00:00Z";

[[noreturn]] void wrong(std::string_view field, std::string_view expected) {
    throw_error(errc::bad_info, std::string(field).append(": not ").append(expected));
}

/// The field's value; nothing when it is missing, or null, which Go writes for nothing.
const json::value* find(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::string text_of(const json::value& value, std::string_view field) {
    if (!value.is_string()) wrong(field, "a string");
    const std::string_view text = value.get_string();
    return std::string(text);
}

void read(const json::object& object, std::string_view key, std::string_view field, std::string& out) {
    if (const auto* value = find(object, key)) out = text_of(*value, field);
}

void read(const json::object& object, std::string_view key, std::string& out) { read(object, key, key, out); }

void read(const json::object& object, std::string_view key, bool& out) {
    const auto* value = find(object, key);
    if (value == nullptr) return;
    if (!value->is_bool()) wrong(key, "a boolean");
    out = value->get_bool();
}

template <class Unsigned>
void read_number(const json::object& object, std::string_view key, std::string_view field, Unsigned& out) {
    const auto* value = find(object, key);
    if (value == nullptr) return;
    boost::system::error_code failed;
    if (!value->is_double()) out = value->to_number<Unsigned>(failed);
    if (failed || value->is_double()) wrong(field, "a whole number from 0");
}

const json::object* find_object(const json::object& object, std::string_view key, std::string_view field) {
    const auto* value = find(object, key);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) wrong(field, "an object");
    return &value->get_object();
}

void read_headers(const json::object& object, object_info& info) {
    const auto* headers = find_object(object, "headers", "headers");
    if (headers == nullptr) return;
    for (const auto& [key, values] : *headers) {
        const auto field = std::string("headers.").append(std::string_view(key));
        if (!values.is_array()) wrong(field, "a list of strings");
        auto& out = info.headers[std::string(std::string_view(key))];
        for (const auto& value : values.get_array()) out.push_back(text_of(value, field));
    }
}

void read_metadata(const json::object& object, object_info& info) {
    const auto* metadata = find_object(object, "metadata", "metadata");
    if (metadata == nullptr) return;
    for (const auto& [key, value] : *metadata)
        info.metadata[std::string(std::string_view(key))] =
            text_of(value, std::string("metadata.").append(std::string_view(key)));
}

void read_options(const json::object& object, object_info& info) {
    const auto* options = find_object(object, "options", "options");
    if (options == nullptr) return;
    read_number(*options, "max_chunk_size", "options.max_chunk_size", info.chunk_size);
    const auto* link = find_object(*options, "link", "options.link");
    if (link == nullptr) return;
    auto& to = info.link.emplace();
    read(*link, "bucket", "options.link.bucket", to.store);
    read(*link, "name", "options.link.name", to.name);
}

json::object headers_json(const object_info& info) {
    json::object headers;
    for (const auto& [key, values] : info.headers) {
        json::array list;
        for (const auto& value : values) list.emplace_back(value);
        headers.emplace(key, std::move(list));
    }
    return headers;
}

/// What is neither said of an object nor counted: the link and the size of the chunks.
json::object options_json(const object_info& info) {
    json::object options;
    if (info.link) {
        json::object link;
        link["bucket"] = info.link->store;
        if (!info.link->name.empty()) link["name"] = info.link->name;
        options["link"] = std::move(link);
    }
    if (info.chunk_size != 0) options["max_chunk_size"] = info.chunk_size;
    return options;
}

json::object metadata_json(const object_info& info) {
    json::object metadata;
    for (const auto& [key, value] : info.metadata) metadata.emplace(key, value);
    return metadata;
}

}  // namespace

std::string to_json(const object_info& info) {
    json::object object;
    object["name"] = info.name;
    if (!info.description.empty()) object["description"] = info.description;
    if (!info.headers.empty()) object["headers"] = headers_json(info);
    if (!info.metadata.empty()) object["metadata"] = metadata_json(info);
    if (auto options = options_json(info); !options.empty()) object["options"] = std::move(options);
    object["bucket"] = info.store;
    object["nuid"] = info.nuid;
    object["size"] = info.size;
    object["mtime"] = zero_time;
    object["chunks"] = info.chunks;
    if (!info.digest.empty()) object["digest"] = info.digest;
    if (info.deleted) object["deleted"] = true;
    return json::serialize(object);
}

object_info parse_info(std::string_view text) {
    boost::system::error_code failed;
    const auto parsed = json::parse(text, failed);
    if (failed) throw_error(errc::bad_info, "not JSON");
    if (!parsed.is_object()) throw_error(errc::bad_info, "not a JSON object");
    const auto& object = parsed.get_object();

    object_info info;
    read(object, "name", info.name);
    read(object, "description", info.description);
    read_headers(object, info);
    read_metadata(object, info);
    read_options(object, info);
    read(object, "bucket", info.store);
    read(object, "nuid", info.nuid);
    read_number(object, "size", "size", info.size);
    read_number(object, "chunks", "chunks", info.chunks);
    read(object, "digest", info.digest);
    read(object, "deleted", info.deleted);
    if (!info.nuid.empty() && !is_subject_token(info.nuid)) wrong("nuid", "one token of a subject");
    if (info.nuid.empty() && info.size > 0 && !info.link) wrong("nuid", "there");
    if (info.name.empty()) wrong("name", "there");
    return info;
}

}  // namespace mote::objects::detail
