#include <apps/mote/context/context_actions.hpp>
#include <apps/mote/context/shown_field.hpp>
#include <apps/mote/context_mistakes.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <unistd.h>

namespace mote::command {
namespace {

namespace json = boost::json;
using nats::detail::context_file;

/// The order of the `nats` command; others follow.
constexpr std::array first_fields = {"description",
                                     "url",
                                     "socks_proxy",
                                     "user",
                                     "password",
                                     "token",
                                     "creds",
                                     "nkey",
                                     "user_jwt",
                                     "user_seed",
                                     "cert",
                                     "key",
                                     "ca",
                                     "tls_first",
                                     "inbox_prefix",
                                     "jetstream_domain",
                                     "jetstream_api_prefix"};

std::vector<std::string> fields_in_order(const context_file& context) {
    std::vector<std::string> names;
    for (const char* const field : first_fields)
        if (context.fields.contains(field)) names.emplace_back(field);
    for (const auto& [field, value] : context.fields)
        if (std::ranges::find(names, field) == names.end() && field != "name") names.push_back(field);
    return names;
}

/// Without `context ` before it.
std::string path_of_context(const context_file& context) { return context.name.substr(context.name.find(' ') + 1); }

std::string name_of_shown(const context_command& chosen) {
    return chosen.name.empty() ? nats::detail::selected_context().value_or("") : chosen.name;
}

std::string json_of_context(const context_command& chosen, const context_file& context,
                            const std::vector<std::string>& mistakes) {
    json::object shown;
    shown["name"] = name_of_shown(chosen);
    shown["path"] = path_of_context(context);
    shown["selected"] = nats::detail::selected_context() == name_of_shown(chosen);
    for (const auto& field : fields_in_order(context)) shown[field] = shown_field(field, context.get(field));
    if (context.fields.contains("tls_first")) shown["tls_first"] = true;
    if (!mistakes.empty()) {
        json::array all;
        for (const auto& each : mistakes) all.emplace_back(each);
        shown["mistakes"] = std::move(all);
    }
    return valid_json(json::serialize(shown)) + "\n";
}

std::string sheet_of_context(const context_command& chosen, const context_file& context) {
    sheet shown(look_at(STDOUT_FILENO, chosen.color));
    shown.heading(0, name_of_shown(chosen));
    for (const auto& field : fields_in_order(context)) shown.field(2, field, shown_field(field, context.get(field)));
    shown.field(2, "path", path_of_context(context));
    return shown.text();
}

}  // namespace

exit_code show_context(const context_command& chosen) {
    const auto context = open_context(chosen.name);
    const auto mistakes = mistakes_in(context);
    write_out(chosen.json ? json_of_context(chosen, context, mistakes) : sheet_of_context(chosen, context));
    for (const auto& each : mistakes) say(context.name + ": " + each);
    return mistakes.empty() ? exit_code::ok : exit_code::usage;
}

}  // namespace mote::command
