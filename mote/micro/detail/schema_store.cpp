#include <mote/micro/detail/schema_store.hpp>

#include <mote/micro/detail/registration.hpp>

namespace mote::micro::detail {
namespace {

constexpr std::size_t largest_in_metadata = 4096;

}  // namespace

bool schema_store::describe(endpoint_info& info, const described_handler& handler) {
    const auto whose = named("endpoint", info.name);
    require_text(whose, "media type of requests", handler.request_type);
    require_text(whose, "media type of responses", handler.response_type);
    require_schema(whose, "schema of requests", handler.request_schema);
    require_schema(whose, "schema of responses", handler.response_schema);
    const bool request = describe_side(info, "request", handler.request_type, handler.request_schema);
    const bool response = describe_side(info, "response", handler.response_type, handler.response_schema);
    return request || response;
}

bool schema_store::describe_side(endpoint_info& info, const std::string& side, const std::string& type,
                                 const std::string& schema) {
    const auto key = "mote." + side;
    if (!type.empty()) info.metadata[key + ".type"] = type;
    if (schema.empty()) return false;
    if (schema.size() <= largest_in_metadata) {
        info.metadata[key + ".schema"] = schema;
        return false;
    }
    // Of endpoints with one name, in several groups, each keeps its own.
    const auto first = info.name + "/" + side;
    auto name = first;
    for (int copy = 2; large_.try_emplace(name, schema).first->second != schema; ++copy)
        name = first + "/" + std::to_string(copy);
    info.metadata[key + ".schema.ref"] = subject_ + " " + name;
    return true;
}

const std::string* schema_store::find(std::string_view name) const {
    const auto found = large_.find(name);
    return found == large_.end() ? nullptr : &found->second;
}

}  // namespace mote::micro::detail
