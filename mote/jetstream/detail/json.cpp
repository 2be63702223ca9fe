#include <mote/jetstream/detail/json.hpp>

#include <boost/json/parse.hpp>

namespace mote::jetstream::detail {

namespace json = boost::json;

json::object parse_object(std::string_view text, std::string_view what) {
    json::parse_options lenient;
    lenient.allow_invalid_utf8 = true;  // subjects and descriptions may have any bytes
    boost::system::error_code failed;
    auto parsed = json::parse(json::string_view(text.data(), text.size()), failed, {}, lenient);
    if (failed) throw_error(errc::bad_reply, std::string(what) + ": not JSON: " + failed.message());
    if (!parsed.is_object()) throw_error(errc::bad_reply, std::string(what) + ": not a JSON object");
    return std::move(parsed.get_object());
}

const json::value* json_reader::find(std::string_view key) const {
    const auto* const found = object_->if_contains(json::string_view(key.data(), key.size()));
    return found == nullptr || found->is_null() ? nullptr : found;
}

void json_reader::fail(std::string_view key, std::string_view expected) const {
    throw_error(errc::bad_reply, path_ + "." + std::string(key) + ": not " + std::string(expected));
}

std::string json_reader::text(std::string_view key) const {
    const auto* const found = find(key);
    if (found == nullptr) return {};
    const auto* const value = found->if_string();
    if (value == nullptr) fail(key, "a string");
    return {value->data(), value->size()};
}

bool json_reader::flag(std::string_view key) const {
    const auto* const found = find(key);
    if (found == nullptr) return false;
    const auto* const value = found->if_bool();
    if (value == nullptr) fail(key, "a boolean");
    return *value;
}

const json::array* json_reader::array(std::string_view key) const {
    const auto* const found = find(key);
    if (found == nullptr) return nullptr;
    const auto* const value = found->if_array();
    if (value == nullptr) fail(key, "an array");
    return value;
}

std::vector<std::string> json_reader::texts(std::string_view key) const {
    std::vector<std::string> values;
    const auto* const found = array(key);
    if (found == nullptr) return values;
    for (const auto& each : *found) {
        const auto* const value = each.if_string();
        if (value == nullptr) fail(key, "an array of strings");
        values.emplace_back(value->data(), value->size());
    }
    return values;
}

std::map<std::string, std::string> json_reader::text_map(std::string_view key) const {
    std::map<std::string, std::string> values;
    const auto* const found = find(key);
    if (found == nullptr) return values;
    const auto* const members = found->if_object();
    if (members == nullptr) fail(key, "an object");
    for (const auto& [name, each] : *members) {
        const auto* const value = each.if_string();
        if (value == nullptr) fail(key, "an object of strings");
        values.emplace(std::string(name), std::string(value->data(), value->size()));
    }
    return values;
}

std::map<std::string, std::uint64_t> json_reader::integer_map(std::string_view key) const {
    std::map<std::string, std::uint64_t> values;
    const auto* const found = find(key);
    if (found == nullptr) return values;
    const auto* const members = found->if_object();
    if (members == nullptr) fail(key, "an object");
    for (const auto& [name, each] : *members) values.emplace(std::string(name), integer_of<std::uint64_t>(each, key));
    return values;
}

json_reader json_reader::object(std::string_view key) const {
    static const json::object none;
    auto path = path_ + "." + std::string(key);
    const auto* const found = find(key);
    if (found == nullptr) return {none, std::move(path)};
    const auto* const value = found->if_object();
    if (value == nullptr) fail(key, "an object");
    return {*value, std::move(path)};
}

std::vector<json_reader> json_reader::objects(std::string_view key) const {
    std::vector<json_reader> values;
    const auto* const found = array(key);
    if (found == nullptr) return values;
    for (const auto& each : *found) {
        const auto* const value = each.if_object();
        if (value == nullptr) fail(key, "an array of objects");
        values.emplace_back(*value, path_ + "." + std::string(key) + "[" + std::to_string(values.size()) + "]");
    }
    return values;
}

}  // namespace mote::jetstream::detail
