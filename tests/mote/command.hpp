#pragma once

#include <tests/support/fake_hn.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/pty.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mote::test {

/// How tests start the program: without the settings of whoever runs them, with the nats-server that is under test first
/// in PATH, and with a home directory of its own.
class command_environment {
public:
    command_environment();
    process_options options(std::map<std::string, std::string> more = {}) const;
    /// The program's path and these arguments.
    static std::vector<std::string> line(std::vector<std::string> arguments);
    /// Runs `mote` to its end.
    run_result run(std::vector<std::string> arguments, std::map<std::string, std::string> env = {},
                   std::string input = {}) const;
    const std::filesystem::path& home() const noexcept { return home_.path(); }

private:
    temp_dir home_;
    temp_dir programs_;
};

/// A real nats-server, and `mote` asked about it.
class command_live : public testing::Test {
protected:
    void SetUp() override {
        if (require_nats_server()) server.emplace();
    }
    run_result mote(std::vector<std::string> arguments, std::map<std::string, std::string> env = {},
                    std::string input = {}) const {
        env.emplace("NATS_URL", server->url());
        return environment.run(std::move(arguments), std::move(env), std::move(input));
    }
    /// The same on a terminal; what it wrote, without CRs.
    std::string mote_on_terminal(std::vector<std::string> arguments, std::map<std::string, std::string> env = {},
                                 unsigned short columns = 100) const;

    command_environment environment;
    std::optional<nats_server> server;
};

/// True when standard error is one line that begins with `mote: ` and has all these parts.
testing::AssertionResult is_one_line(const std::string& err, const std::vector<std::string>& parts = {});
testing::AssertionResult has(const std::string& text, const std::string& part);
testing::AssertionResult has_not(const std::string& text, const std::string& part);

/// The cells of what `mote` prints for programs.
std::vector<std::vector<std::string>> cells(const std::string& text);

boost::json::array parse_array(const std::string& text);
inline std::string text_at(const boost::json::value& value, std::string_view key) {
    return boost::json::value_to<std::string>(value.at(key));
}

}  // namespace mote::test
