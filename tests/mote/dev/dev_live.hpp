#pragma once

#include <tests/mote/command.hpp>
#include <tests/mote/dev/dev_files.hpp>
#include <tests/mote/dev/tmux_terminal.hpp>

#include <mote/nats/blocking.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::test {

/// A project whose build is a copy of a file: the service answers with its content. `mote dev` on it, in a terminal or not.
class dev_live : public testing::Test {
protected:
    static constexpr std::chrono::seconds patience{60};

    void SetUp() override;

    /// Of mote.json; `more` is further members, with a comma before each.
    std::string project_json(const std::string& more = {}) const;
    void save(const std::filesystem::path& name, const std::string& text) const { put(project / name, text); }
    /// `mote dev` with the address of this test.
    std::vector<std::string> line(std::vector<std::string> more = {}) const;
    std::unique_ptr<tmux_terminal> in_terminal(std::vector<std::string> more = {},
                                               std::map<std::string, std::string> env = {}) const;
    std::unique_ptr<process> in_pipe(std::vector<std::string> more = {},
                                     std::map<std::string, std::string> env = {}) const;

    std::string url() const { return "nats://127.0.0.1:" + std::to_string(port); }
    /// A connection that waits until there is a server.
    nats::blocking_connection connect() const;
    /// Whether the service comes to answer with this.
    bool comes_to_answer(const std::string& wanted) const;
    /// What is left of all that was started, by the path of the test in the arguments.
    bool nothing_is_left() const;
    /// How often the project was built.
    std::size_t builds() const { return count_of(content_of(environment.home() / "builds"), "built\n"); }

    command_environment environment;
    std::filesystem::path project;
    std::uint16_t port = 0;
};

}  // namespace mote::test
