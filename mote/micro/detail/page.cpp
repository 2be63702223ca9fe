#include <mote/micro/detail/page.hpp>

#include <boost/json.hpp>

namespace mote::micro::detail {
namespace {

constexpr std::size_t longest_payload = 256;

void take(const boost::json::object& asked, std::string_view member, std::size_t& into) {
    const auto* const value = asked.if_contains(boost::json::string_view(member.data(), member.size()));
    if (value == nullptr) return;
    boost::json::error_code failed;
    const auto number = value->to_number<std::size_t>(failed);
    if (!failed) into = number;
}

}  // namespace

page parse_page(std::string_view payload) {
    page part;
    if (payload.empty() || payload.size() > longest_payload || payload.front() != '{') return part;
    boost::json::error_code failed;
    const auto value = boost::json::parse(boost::json::string_view(payload.data(), payload.size()), failed);
    if (failed || !value.is_object()) return part;
    take(value.get_object(), "offset", part.offset);
    take(value.get_object(), "limit", part.limit);
    return part;
}

std::string page_json(const page& part) {
    return "{\"offset\":" + std::to_string(part.offset) + ",\"limit\":" + std::to_string(part.limit) + "}";
}

}  // namespace mote::micro::detail
