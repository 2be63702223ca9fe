// The scripts of `mote completion` in real shells.

#include <tests/mote/raw_services.hpp>
#include <tests/mote/shell/all_commands.hpp>

#include <fstream>
#include <sstream>

namespace mote::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string each; std::getline(lines, each);) found.push_back(each);
    return found;
}

/// A shell with the completion of `mote`, where `mote` is the program under test, and services on a server.
class shell_completion : public command_live {
protected:
    void SetUp() override {
        command_live::SetUp();
        if (!server) return;
        services.emplace(server->port(), answers_of({usual_instance("Orders", "ID1"), usual_instance("Other", "ID2")}));
        std::filesystem::create_symlink(MOTE_PROGRAM, programs.path() / "mote");
    }
    process_options options() const {
        return environment.options(
            {{"NATS_URL", server->url()}, {"PATH", programs.path().string() + ":/usr/bin:/bin"}, {"PS1", "ready> "}});
    }
    /// Runs a script of a shell, and returns the lines that it printed.
    words printed(const std::string& shell, const words& arguments, const std::string& script) const {
        words line{shell};
        line.insert(line.end(), arguments.begin(), arguments.end());
        line.push_back(script);
        const auto result = run(line, options());
        EXPECT_EQ(result.err, "") << script;
        return lines_of(result.out);
    }

    temp_dir programs;
    std::optional<raw_services> services;
};

class bash_completion : public shell_completion {
protected:
    void SetUp() override {
        if (require_program("bash")) shell_completion::SetUp();
    }
    /// As bash divides a line into words: also at `=` and `:`.
    words offered(const words& line) const {
        std::string quoted;
        for (const auto& each : line) quoted += " '" + each + "'";
        return printed("bash", {"--norc", "--noprofile", "-c"},
                       "source <(mote completion bash); COMP_WORDS=(mote" + quoted +
                           "); COMP_CWORD=" + std::to_string(line.size()) +
                           "; _mote; [[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"");
    }
};

TEST_F(bash_completion, knows_commands_options_services_and_endpoints) {
    EXPECT_EQ(offered({"comp"}), (words{"completion"}));
    EXPECT_EQ(offered({"info", "O"}), (words{"Orders", "Other"}));
    EXPECT_EQ(offered({"req", "Orders", ""}), (words{"echo"}));
    EXPECT_EQ(offered({"ls", "--jso"}), (words{"--json"}));
    EXPECT_EQ(offered({"nonsense", ""}), words());
}

TEST_F(bash_completion, inserts_only_what_is_behind_the_last_sign_that_divides_words) {
    EXPECT_EQ(offered({"ls", "--color", "=", "al"}), (words{"always"}));
    EXPECT_EQ(offered({"ls", "--color", "="}), (words{"always", "auto", "never"}));
    EXPECT_EQ(offered({"-s", "nats", ":", "//127.0.0.1", ":", "1", "ls", "--jso"}), (words{"--json"}));
}

TEST_F(bash_completion, works_when_a_person_presses_the_key) {
    process_options chosen = options();
    chosen.env["INPUTRC"] = "/dev/null";
    pty_process bash({"bash", "--norc", "--noprofile", "-i"}, chosen);
    ASSERT_TRUE(bash.wait_for_output("ready> "));
    bash.type("source <(mote completion bash); echo is-$((1+1))\n");
    ASSERT_TRUE(bash.wait_for_output("is-2"));
    bash.type("mote info Ord\t");
    ASSERT_TRUE(bash.wait_for_output("mote info Orders ")) << bash.output();
    bash.type("ID\t\n");
    EXPECT_TRUE(bash.wait_for_output("Orders.echo")) << bash.output();
    bash.type("mote ls --color=al\t && exit\n");
    EXPECT_TRUE(bash.wait_for_output("--color=always")) << bash.output();
    EXPECT_TRUE(bash.wait());
}

class zsh_completion : public shell_completion {
protected:
    void SetUp() override {
        if (require_program("zsh")) shell_completion::SetUp();
    }
    process_options zsh_options() const {
        process_options chosen = options();
        chosen.env["ZDOTDIR"] = programs.path().string();
        return chosen;
    }
};

TEST_F(zsh_completion, works_when_a_person_presses_the_key) {
    pty_process zsh({"zsh", "-f", "-i"}, zsh_options());
    zsh.type("PS1='ready> '; autoload -U compinit; compinit -u -D; source <(mote completion zsh); echo is-$((1+1))\n");
    ASSERT_TRUE(zsh.wait_for_output("is-2")) << zsh.output();
    zsh.type("mote info Ord\t");
    ASSERT_TRUE(zsh.wait_for_output("Orders")) << zsh.output();
    zsh.type("ID\t\n");
    EXPECT_TRUE(zsh.wait_for_output("Orders.echo")) << zsh.output();
    zsh.type("mote ls --color=alw\t; exit\n");
    EXPECT_TRUE(zsh.wait_for_output("--color=always")) << zsh.output();
    EXPECT_TRUE(zsh.wait());
}

TEST_F(zsh_completion, works_from_a_file_of_the_function_path) {
    std::ofstream(programs.path() / "_mote") << environment.run({"completion", "zsh"}).out;
    pty_process zsh({"zsh", "-f", "-i"}, zsh_options());
    zsh.type("fpath=(" + programs.path().string() +
             " $fpath); autoload -U compinit; compinit -u -D; echo is-$((1+1))\n");
    ASSERT_TRUE(zsh.wait_for_output("is-2")) << zsh.output();
    zsh.type("mote completi\tbash | head -1; exit\n");
    EXPECT_TRUE(zsh.wait_for_output("# bash completion for mote")) << zsh.output();
    EXPECT_TRUE(zsh.wait());
}

class fish_completion : public shell_completion {
protected:
    void SetUp() override {
        if (require_program("fish")) shell_completion::SetUp();
    }
    words offered(const std::string& line) const {
        words found;
        for (const auto& each : printed("fish", {"--no-config", "-c"},
                                        "mote completion fish | source; complete --do-complete '" + line + "'"))
            found.push_back(each.substr(0, each.find('\t')));
        return found;
    }
};

TEST_F(fish_completion, knows_commands_options_services_and_endpoints) {
    EXPECT_EQ(offered("mote comp"), (words{"completion"}));
    EXPECT_EQ(offered("mote info O"), (words{"Orders", "Other"}));
    EXPECT_EQ(offered("mote req Orders "), (words{"echo"}));
    EXPECT_EQ(offered("mote ls --jso"), (words{"--json"}));
    EXPECT_EQ(offered("mote ls --color=al"), (words{"--color=always"}));
}

TEST(completion_scripts, are_accepted_by_their_shells) {
    const command_environment environment;
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto script = environment.run({"completion", shell});
        EXPECT_EQ(script.exit_code, 0);
        EXPECT_TRUE(has(script.out, "__complete"));
        if (!find_program(shell)) continue;  // tested above, where that is a failure
        process_options options;
        options.input = script.out;
        const auto checked = run({shell, shell == "fish" ? "--no-execute" : "-n", "/dev/stdin"}, options);
        EXPECT_EQ(checked.exit_code, 0) << shell << checked.err;
        EXPECT_EQ(checked.err, "") << shell;
    }
}

}  // namespace
}  // namespace mote::test
