#pragma once

#include <tests/mote/command.hpp>
#include <tests/mote/http_fetch.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {

/// `mote up` with a node and the gateway, and `mote` asked about them.
class function_live : public testing::Test {
protected:
    static constexpr std::chrono::seconds patience{60};

    void SetUp() override;
    /// Starts it, on the same directory each time.
    void start(const std::vector<std::string>& more = {});
    run_result mote(std::vector<std::string> arguments, std::map<std::string, std::string> env = {},
                    std::string input = {}) const;
    /// Deploys one that runs a command of the machine for each call. Fails the test when that is refused.
    void deploy(const std::string& name, const std::string& command, std::vector<std::string> more = {}) const;
    std::filesystem::path directory() const { return environment.home() / ".local" / "state" / "mote"; }
    /// A file below the home directory, with the directories that it is in.
    std::filesystem::path write(const std::filesystem::path& name, const std::string& text,
                                bool executable = false) const;
    std::map<std::string, std::string> addresses() const;

    command_environment environment;
    std::unique_ptr<process> up;
    std::uint16_t port = 0;
    std::uint16_t http_port = 0;
    std::string nats_url, url;
};

/// Whether it comes to hold within a minute.
bool eventually_holds(const std::function<bool()>& condition);
std::string file_text(const std::filesystem::path& path);
/// Its permission bits.
unsigned mode_of(const std::filesystem::path& path);

}  // namespace mote::test
