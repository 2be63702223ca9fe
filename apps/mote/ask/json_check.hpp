#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mote::command {

/// Where a text stops being JSON, and why.
struct json_mistake {
    std::size_t line = 1;    ///< from 1
    std::size_t column = 1;  ///< from 1, in characters; of the first one that cannot be there, or of the end
    std::string reason{};    ///< such as ``unexpected `}` ``
};

/// What is wrong with a text that has to be one JSON value; nothing when it is one.
std::optional<json_mistake> find_json_mistake(std::string_view text);

/// `line 2, column 7: unexpected `}``
std::string described(const json_mistake& mistake);

}  // namespace mote::command
