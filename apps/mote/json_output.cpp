#include <apps/mote/json_output.hpp>

#include <apps/mote/text.hpp>

namespace mote::command {

std::string json_array(const std::vector<std::string>& elements) {
    std::string text = "[";
    for (const std::string& element : elements)
        text.append(text.size() == 1 ? "\n" : ",\n").append(valid_json(element));
    return text + (elements.empty() ? "]\n" : "\n]\n");
}

std::string valid_json(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = utf8_character_size(text);
        if (size == 0)
            result += "\xef\xbf\xbd";
        else
            result += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return result;
}

}  // namespace mote::command
