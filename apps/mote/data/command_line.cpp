// The commands about data: kv and obj.

#include <apps/mote/command_line_parts.hpp>
#include <apps/mote/data/help_texts.hpp>
#include <apps/mote/help_texts.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace mote::command {
namespace {

/// An action of `kv` or `obj`: what all of them have, and how it becomes a command.
template <class Command, class Action>
CLI::App& add_action(CLI::App& parent, choices& into, const std::shared_ptr<Command>& read, Action action,
                     const char* name, const char* does, const char* notes,
                     const std::function<void(const CLI::App&)>& finish = {}) {
    CLI::App& app = *parent.add_subcommand(name, does);
    app.fallthrough();
    app.add_flag("-j,--json", into.json, "Print JSON");
    app.footer(notes + std::string("\n") + server_notes);
    app.callback([&app, &into, read, action, finish] {
        read->action = action;
        read->server = into.server_of();
        read->json = into.json;
        read->color = into.color_of();
        if (finish) finish(app);
        into.chosen = *read;
    });
    return app;
}

CLI::App& add_family(CLI::App& app, const char* name, const char* does, const char* notes) {
    CLI::App& family = *app.add_subcommand(name, does);
    family.fallthrough();
    family.require_subcommand(1);
    family.footer(notes + std::string("\n") + server_notes);
    return family;
}

void add_text(CLI::App& app, const std::string& name, std::string& into, const char* what) {
    app.add_option(name, into, what)->required()->check(CLI::Validator(check_name, ""));
}

void add_kv(CLI::App& app, choices& into) {
    CLI::App& kv = add_family(app, "kv", "Look at the keys of Key-Value buckets, get, set and follow them", kv_notes);
    const auto read = std::make_shared<kv_command>();
    const auto add = [&](kv_action action, const char* name, const char* does) -> CLI::App& {
        CLI::App& made = add_action(kv, into, read, action, name, does, kv_notes);
        if (action != kv_action::list) add_text(made, "BUCKET", read->bucket, "The bucket");
        return made;
    };
    const auto add_key = [&read](CLI::App& to) { add_text(to, "KEY", read->key, "The key"); };

    CLI::App& ls = add(kv_action::list, "ls", "List the buckets, or the keys of one");
    ls.alias("list");
    ls.add_option("BUCKET", read->bucket, "List the keys of this one")->check(CLI::Validator(check_name, ""));
    ls.add_option("FILTER", read->key, "Only keys like this: orders.*, orders.>");
    add_color(ls, into);

    CLI::App& get = add(kv_action::get, "get", "Print the value of a key");
    add_key(get);
    get.add_option("--revision", read->revision, "The value that it got with this revision");
    get.add_flag("-r,--raw", read->raw, "Print the value byte for byte, and nothing else");
    add_color(get, into);

    CLI::App& put = add(kv_action::put, "put", "Set the value of a key; prints its revision");
    add_key(put);
    auto* const value = put.add_option("VALUE", read->value, "The value, `-` for standard input; or piped in");
    put.add_option("-f,--file", read->file, "Take the bytes of a file")->type_name("FILE")->excludes(value);
    auto* const create = put.add_flag("--create", read->create, "Only when the key is not there");
    put.add_option("--revision", read->revision, "Only when this is the newest revision of the key")->excludes(create);

    CLI::App& del = add(kv_action::del, "del", "Delete a key; its history stays");
    del.alias("rm");
    add_key(del);
    del.add_flag("--purge", read->purge, "With its history, also of a key that is deleted already");
    del.add_option("--revision", read->revision, "Only when this is the newest revision of the key");

    CLI::App& watch = add(kv_action::watch, "watch", "Follow the changes of keys, until Ctrl-C");
    watch.add_option("FILTER", read->filters, "Only keys like these: orders.*, orders.>");
    auto* const updates = watch.add_flag("--updates-only", read->updates_only, "Without what is there already");
    watch.add_flag("--history", read->with_history, "With all values of a key that are kept")->excludes(updates);
    add_color(watch, into);

    CLI::App& history = add(kv_action::history, "history", "List the values of a key that are kept, oldest first");
    add_key(history);
    add_color(history, into);
}

void add_objects(CLI::App& app, choices& into) {
    CLI::App& obj = add_family(app, "obj", "Look at the objects of Object Stores, get and put them", object_notes);
    obj.alias("object");
    const auto read = std::make_shared<object_command>();
    const auto add = [&](object_action action, const char* name, const char* does,
                         const std::function<void(const CLI::App&)>& finish = {}) -> CLI::App& {
        CLI::App& made = add_action(obj, into, read, action, name, does, object_notes, finish);
        if (action != object_action::list) add_text(made, "STORE", read->store, "The store");
        return made;
    };
    const auto add_name = [&read](CLI::App& to) { add_text(to, "NAME", read->name, "The object"); };
    const auto add_progress = [&read](CLI::App& to) {
        to.add_flag("!--no-progress", read->progress, "Draw no bar on a terminal");
    };

    CLI::App& ls = add(object_action::list, "ls", "List the stores, or the objects of one");
    ls.alias("list");
    ls.add_option("STORE", read->store, "List the objects of this one")->check(CLI::Validator(check_name, ""));
    add_color(ls, into);

    CLI::App& get =
        add(object_action::get, "get", "Write an object to standard output or a file", [](const CLI::App& parsed) {
            if (parsed.count("--json") != 0) throw CLI::ValidationError("--json", "`mote obj info` tells of an object");
        });
    add_name(get);
    get.add_option("-o,--output", read->output, "Write to this file, whole or not at all; `-`: standard output")
        ->type_name("FILE");
    add_progress(get);

    CLI::App& put =
        add(object_action::put, "put", "Store a file, or standard input, as an object", [read](const CLI::App&) {
            if (read->file == "-" && read->name.empty())
                throw CLI::ValidationError("--name", "is required for standard input");
        });
    add_text(put, "FILE", read->file, "The file, `-` for standard input");
    put.add_option("-n,--name", read->name, "Name of the object; else that of the file");
    put.add_option("--description", read->description, "What it is, for people");
    add_progress(put);
    add_color(put, into);

    CLI::App& del = add(object_action::del, "del", "Delete an object");
    del.alias("rm");
    add_name(del);

    CLI::App& info = add(object_action::info, "info", "Show what a store tells of an object, or of itself");
    info.add_option("NAME", read->name, "The object")->check(CLI::Validator(check_name, ""));
    add_color(info, into);
}

}  // namespace

void add_data_commands(CLI::App& app, choices& into) {
    add_kv(app, into);
    add_objects(app, into);
}

}  // namespace mote::command
