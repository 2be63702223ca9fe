#pragma once

#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mote::test {

/// A test that needs the official `nats` command, which MOTE_NATS_CLI names.
class nats_command_test : public ::testing::Test {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        cli_ = named;
        require_nats_server();
    }

    const std::string& cli() const noexcept { return cli_; }

    static nats_server_options without_jetstream() {
        nats_server_options options;
        options.jetstream = false;
        return options;
    }

    /// Runs `nats -s URL arguments...`.
    run_result nats(const nats_server& server, std::vector<std::string> arguments) const {
        std::vector<std::string> argv{cli_, "--no-context", "-s", server.url()};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        return run(std::move(argv));
    }

private:
    std::string cli_;
};

}  // namespace mote::test
