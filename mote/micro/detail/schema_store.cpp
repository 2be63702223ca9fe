#include <mote/micro/detail/schema_store.hpp>

namespace mote::micro::detail {
namespace {

constexpr std::size_t largest_in_metadata = 4096;

}  // namespace

bool schema_store::describe(endpoint_info& info, const described_handler& handler) {
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
    const auto name = info.name + "/" + side;
    large_.insert_or_assign(name, schema);
    info.metadata[key + ".schema.ref"] = subject_ + " " + name;
    return true;
}

const std::string* schema_store::find(std::string_view name) const {
    const auto found = large_.find(name);
    return found == large_.end() ? nullptr : &found->second;
}

}  // namespace mote::micro::detail
