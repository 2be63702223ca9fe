#include <apps/mote/ask/flag_list.hpp>

#include <apps/mote/ask/body.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

std::string json_text(const flag_description& flag) {
    boost::json::object object;
    object["flag"] = flag.name;
    object["value"] = flag.value;
    object["required"] = flag.required;
    object["repeats"] = flag.repeats;
    if (!flag.description.empty()) object["description"] = flag.description;
    return boost::json::serialize(object);
}

std::string notes_of(const flag_description& flag) {
    std::string notes = flag.required ? "required" : "";
    if (flag.repeats) notes += notes.empty() ? "repeats" : ", repeats";
    return notes;
}

}  // namespace

exit_code show_flags(const req_command& chosen, const asked_endpoint& endpoint) {
    const auto flags = flags_of(chosen.asked, endpoint).list();
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : flags) texts.push_back(json_text(each));
        write_out(json_array(texts));
        return exit_code::ok;
    }
    table shown({{.title = "Flag"},
                 {.title = "Value", .flexible = true},
                 {.title = "Notes"},
                 {.title = "Description", .flexible = true}});
    for (const auto& each : flags) shown.add({each.name, each.value, notes_of(each), each.description});
    write_out(shown.render(look_at(STDOUT_FILENO, chosen.color)));
    if (flags.empty()) write_err(endpoint.name() + " has no flags: its body is an object without members\n");
    return exit_code::ok;
}

}  // namespace mote::command
