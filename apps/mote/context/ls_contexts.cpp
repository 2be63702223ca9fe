#include <apps/mote/context/context_actions.hpp>
#include <apps/mote/context/shown_field.hpp>
#include <apps/mote/context_mistakes.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

struct listed_context {
    std::string name{};
    bool selected = false;
    std::string url{};
    std::string description{};
    std::string mistake{};  ///< empty: none was found
};

listed_context look_at_context(const std::string& name, const std::optional<std::string>& selected) {
    listed_context seen;
    seen.name = name;
    seen.selected = selected == name;
    try {
        const auto context = nats::detail::load_context(name);
        seen.url = without_logins(context.get("url"));
        seen.description = context.get("description");
        const auto mistakes = mistakes_in(context);
        if (!mistakes.empty()) seen.mistake = context.name + ": " + mistakes.front();
    } catch (const boost::system::system_error& error) {
        seen.mistake = plain_reason(error.what());
    }
    return seen;
}

std::string table_of_contexts(const std::vector<listed_context>& contexts, const terminal& reader) {
    table shown({{.title = "Name"},
                 {.title = "Selected"},
                 {.title = "Server", .flexible = true},
                 {.title = "Description", .flexible = true}});
    for (const auto& each : contexts) shown.add({each.name, each.selected ? "yes" : "", each.url, each.description});
    return shown.render(reader);
}

std::string json_of_contexts(const std::vector<listed_context>& contexts) {
    std::vector<std::string> texts;
    for (const auto& each : contexts) {
        boost::json::object one;
        one["name"] = each.name;
        one["selected"] = each.selected;
        one["url"] = each.url;
        one["description"] = each.description;
        if (!each.mistake.empty()) one["mistake"] = each.mistake;
        texts.push_back(boost::json::serialize(one));
    }
    return json_array(texts);
}

}  // namespace

exit_code list_contexts(const context_command& chosen) {
    const auto selected = nats::detail::selected_context();
    std::vector<listed_context> contexts;
    for (const auto& name : nats::detail::context_names()) contexts.push_back(look_at_context(name, selected));
    write_out(chosen.json ? json_of_contexts(contexts)
                          : table_of_contexts(contexts, look_at(STDOUT_FILENO, chosen.color)));
    if (chosen.json) return exit_code::ok;
    for (const auto& each : contexts)
        if (!each.mistake.empty()) say(each.mistake);
    if (contexts.empty()) write_err("No contexts. `nats context add NAME` makes one.\n");
    return exit_code::ok;
}

}  // namespace mote::command
