#pragma once

#include <tests/jetstream/live_test.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace mote::kv {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::nats_server;

/// The `nats` command on a server of the test's own.
class nats_cli {
public:
    nats_cli(std::string program, std::string url) : program_(std::move(program)), url_(std::move(url)) {}

    test::run_result run(std::vector<std::string> arguments, std::string input = {}) const {
        std::vector<std::string> argv{program_, "--server", url_, "--no-context"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        test::process_options opts;
        opts.env = {{"XDG_CONFIG_HOME", home_.path().string()}, {"HOME", home_.path().string()}};
        opts.input = std::move(input);
        return test::run(std::move(argv), std::move(opts));
    }
    /// What it wrote; fails the test when it did not end well.
    std::string output(std::vector<std::string> arguments, std::string input = {}) const {
        const auto result = run(arguments, std::move(input));
        EXPECT_EQ(result.exit_code, 0) << ::testing::PrintToString(arguments) << result.err << result.out;
        return result.out;
    }

private:
    std::string program_;
    std::string url_;
    test::temp_dir home_;
};

/// A test of what the official command and we make of each other's buckets. MOTE_NATS_CLI names it.
class live_nats_cli : public test::live_test {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0')
            return test::skip_or_fail("MOTE_NATS_CLI does not name the nats command");
        if (!test::require_program(named)) return;
        program_ = named;
        live_test::SetUp();
    }

    /// Runs `body(cli, js)`. The command blocks this thread, so nothing of ours runs meanwhile.
    template <class Body>
    void with_cli(Body body) {
        with_jetstream([body, program = program_](nats_server& server, jetstream::context js) -> awaitable<void> {
            return started(program, server.url(), std::move(js), body);
        });
    }

private:
    template <class Body>
    static awaitable<void> started(std::string program, std::string url, jetstream::context js, Body body) {
        const nats_cli cli(std::move(program), std::move(url));
        co_await body(cli, js);
    }

    std::string program_;
};

}  // namespace mote::kv
