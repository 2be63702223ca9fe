#include <mote/json/detail/place.hpp>

#include <mote/json/detail/text.hpp>

#include <algorithm>
#include <ranges>
#include <vector>

namespace mote::json::detail {
namespace {

bool is_identifier(std::string_view name) noexcept {
    const auto is_letter = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || each == '_';
    };
    const auto is_part = [&](char each) { return is_letter(each) || (each >= '0' && each <= '9'); };
    return !name.empty() && name.size() <= longest_quote && is_letter(name.front()) &&
           std::ranges::all_of(name, is_part);
}

}  // namespace

std::string path_of(const place* innermost) {
    std::vector<const place*> places;
    for (const place* each = innermost; each != nullptr; each = each->outer_) places.push_back(each);
    std::string path;
    for (const place* each : places | std::views::reverse) {
        if (each->step_ == place::step::element) path += '[' + std::to_string(each->index_) + ']';
        if (each->step_ != place::step::member) continue;
        if (!is_identifier(each->name_)) {
            path += '[' + quoted(each->name_) + ']';
        } else {
            if (!path.empty()) path += '.';
            path += each->name_;
        }
    }
    return path;
}

}  // namespace mote::json::detail
