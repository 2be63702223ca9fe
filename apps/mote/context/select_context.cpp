#include <apps/mote/context/context_actions.hpp>
#include <apps/mote/context/shown_field.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/replace_file.hpp>
#include <apps/mote/suggestion.hpp>

#include <fstream>
#include <iterator>
#include <optional>

namespace mote::command {
namespace {

// As the `nats` command has them, without an end of line.
constexpr const char* selected_file = "context.txt";
constexpr const char* previous_file = "previous-context.txt";

std::optional<std::string> previous_context(const std::filesystem::path& root) {
    std::ifstream file(root / previous_file, std::ios::binary);
    std::string name((std::istreambuf_iterator<char>(file)), {});
    name.erase(name.find_last_not_of(" \r\n\t") + 1);
    return name.empty() ? std::nullopt : std::optional(name);
}

std::string wanted_name(const context_command& chosen, const std::filesystem::path& root) {
    if (chosen.name == "-") {
        const auto previous = previous_context(root);
        if (!previous) throw failure(exit_code::usage, "no context was selected before; name one");
        return *previous;
    }
    if (!chosen.name.empty()) return chosen.name;
    const auto names = nats::detail::context_names();
    throw failure(exit_code::usage,
                  "NAME is required; " + (names.empty() ? "there is no context: `nats context add NAME` makes one"
                                                        : "there is: " + listed(names)));
}

}  // namespace

exit_code select_context(const context_command& chosen) {
    const auto root = nats::detail::context_root();
    if (!root)
        throw failure(exit_code::usage,
                      "no place for contexts: neither XDG_CONFIG_HOME nor HOME is set; set one of them");
    const std::string name = wanted_name(chosen, *root);
    // A path is not something that can be selected.
    if (!nats::detail::is_context_name(name) || name.ends_with(".json")) throw no_context_called(name);
    const auto context = open_context(name);
    const auto before = nats::detail::selected_context();
    if (before) replace_file(*root / previous_file, *before);
    replace_file(*root / selected_file, name);
    write_out(name + "\n");
    const std::string url = context.get("url");
    write_err("Commands ask " + (url.empty() ? "127.0.0.1:4222" : without_logins(url)) +
              " from now on, where neither -s nor NATS_URL says otherwise.\n");
    return exit_code::ok;
}

}  // namespace mote::command
