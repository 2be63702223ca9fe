#pragma once

#include <apps/mote/shell/command_tree.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::test {

inline command::described_option option(std::vector<std::string> names, const std::string& value = {}) {
    command::described_option made;
    made.names = std::move(names);
    made.value = value;
    made.help = "Help of " + made.name();
    made.group = "Options";
    return made;
}

/// A few commands as `mote` has them: options of the program, a command with an argument, one with others below it.
inline command::described_command sample_tree() {
    command::described_command ls;
    ls.name = "ls";
    ls.aliases = {"list"};
    ls.about = "List them";
    ls.options = {option({"-h", "--help"}), option({"-j", "--json"}), option({"--color"}, "auto|always|never"),
                  option({"--from"}, "FILE"), option({"--dir"}, "TEXT")};
    ls.options[2].choices = {"auto", "always", "never"};
    ls.arguments = {option({"NAME"}, "TEXT")};
    ls.examples = "  mote ls\n";

    command::described_command dead_ls = ls;
    dead_ls.arguments = {option({"SERVICE"}, "TEXT"), option({"ENDPOINT"}, "TEXT")};
    command::described_command retry;
    retry.name = "retry";
    retry.about = "Try them again";
    retry.arguments = {option({"SEQ"}, "TEXT")};
    retry.arguments[0].many = true;
    command::described_command dead;
    dead.name = "dead";
    dead.about = "Dead letters";
    dead.commands = {dead_ls, retry};
    dead.notes = "A letter is dead when\n.it starts a line with a dot.\n\n  kept as it is\nand -- more\n";

    command::described_command program;
    program.name = "mote";
    program.about = "The program";
    program.options = {option({"-h", "--help"}), option({"-s", "--server"}, "TEXT"), option({"--context"}, "TEXT")};
    program.options[1].group = "Server";
    program.commands = {ls, dead};
    return program;
}

}  // namespace mote::test
