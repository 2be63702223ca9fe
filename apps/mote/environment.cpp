#include <apps/mote/environment.hpp>

#include <map>
#include <string_view>
#include <unistd.h>

namespace mote::command {

/// Of a name that comes twice the last one counts.
std::vector<std::pair<std::string, std::string>> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more) {
    std::map<std::string, std::string> all;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view entry(*each);
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos && equals != 0)
            all.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    for (const auto& [name, value] : more) all.insert_or_assign(name, value);
    return {all.begin(), all.end()};
}

}  // namespace mote::command
