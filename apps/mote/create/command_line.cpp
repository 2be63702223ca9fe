#include <apps/mote/create/command_line.hpp>

#include <map>
#include <memory>

namespace mote::command {
namespace {

constexpr const char* new_notes =
    R"(Writes a small complete project into the directory NAME: a program, a test that starts a real nats-server, how it is
built, a README, and mote.json, by which `mote dev` builds and runs it. A directory that is not empty is refused.
--typed is made of what only the C++ library has.
Standard output gets the paths of the files; --json: an object with them, and the commands that come next.
Exit codes: 1 the directory is not empty or cannot be written, 2 NAME cannot be a name, or there is no such project.
Examples:
  mote new hello
  mote new orders --typed --dir services/orders
  mote new shout --function --lang python)";

const std::map<std::string, project_language> languages = {{"cpp", project_language::cpp},
                                                           {"python", project_language::python},
                                                           {"go", project_language::go},
                                                           {"js", project_language::javascript}};

struct kind_flag {
    project_kind kind;
    const char* name;
    const char* does;
};
constexpr kind_flag kind_flags[] = {
    {project_kind::typed, "--typed", "Endpoints take and give structs; their JSON Schemas are in INFO"},
    {project_kind::worker, "--worker", "Work that JetStream keeps until it is done"},
    {project_kind::function, "--function", "A function for `mote deploy`, with its stack.yml"},
    {project_kind::http, "--http", "An endpoint with a route, which the gateway serves"}};

}  // namespace

void add_create_commands(CLI::App& app, choices& into) {
    CLI::App& made = *app.add_subcommand("new", "Make a small complete project: a service or a function");
    const auto read = std::make_shared<new_command>();
    made.add_option("NAME", read->name, "Of the service: letters, digits, - and _")->required();
    std::vector<CLI::Option*> kinds;
    for (const kind_flag& each : kind_flags) {
        CLI::Option* const flag = made.add_flag(each.name, each.does);
        for (CLI::Option* const other : kinds) flag->excludes(other);
        kinds.push_back(flag);
    }
    const auto language = std::make_shared<std::string>("cpp");
    made.add_option("--lang", *language, "Language: cpp, python, go or js")
        ->check(CLI::IsMember({"cpp", "python", "go", "js"}))
        ->capture_default_str();
    made.add_option("--dir", read->directory, "Where to put it; else NAME");
    made.add_option("--prefix", read->prefix, "Where the C++ library is installed; else where this program is")
        ->type_name("DIR");
    made.add_flag("-j,--json", into.json, "Print a JSON object");
    made.footer(new_notes);
    made.callback([read, language, kinds, &into] {
        for (std::size_t at = 0; at < kinds.size(); ++at)
            if (kinds[at]->count() != 0) read->kind = kind_flags[at].kind;
        read->language = languages.at(*language);
        read->json = into.json;
        into.chosen = *read;
    });
}

}  // namespace mote::command
