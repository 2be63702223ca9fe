#pragma once

#include <tests/support/deadline.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/raw_client.hpp>

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mote::test {

/// Runs the programs of this folder on a server of their own.
class examples : public testing::Test {
protected:
    void SetUp() override {
        if (!require_nats_server()) return;
        server = std::make_unique<nats_server>();
        client = std::make_unique<raw_client>(server->port());
    }

    process_options environment() const {
        process_options options;
        options.unset = {"NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CONTEXT", "NATS_CREDS", "NATS_NKEY"};
        options.env = {{"NATS_URL", server->url()}, {"XDG_CONFIG_HOME", "/nonexistent"}};
        return options;
    }

    static std::string path_of(const std::string& example) { return EXAMPLES_DIRECTORY "/" + example; }

    run_result run_example(const std::string& example, const std::vector<std::string>& arguments = {}) const {
        std::vector<std::string> command{path_of(example)};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return run(command, environment());
    }

    /// A service, once it answers to its name.
    std::unique_ptr<process> start_service(const std::string& example, const std::string& name) const {
        return start_service(example, name, environment());
    }
    std::unique_ptr<process> start_service(const std::string& example, const std::string& name,
                                           const process_options& options) const {
        auto started = std::make_unique<process>(std::vector<std::string>{path_of(example)}, options);
        const deadline limit{std::chrono::seconds(20)};
        while (reply_to("$SRV.PING." + name).find("ping_response") == std::string::npos) {
            if (limit.passed() || !started->running()) throw std::runtime_error(example + ": " + started->output());
        }
        return started;
    }

    /// The frame that comes back: subject, headers and body.
    std::string reply_to(const std::string& subject, const std::string& body = {},
                         const std::string& headers = {}) const {
        const auto frames = client->request(subject, headers, body);
        return frames.empty() ? std::string() : frames.front();
    }

    static void expect_clean_end(const process& service) {
        service.kill(SIGTERM);
        const auto ended = service.wait();
        ASSERT_TRUE(ended) << service.output();
        EXPECT_EQ(ended->code, 0) << service.output();
    }

    std::unique_ptr<nats_server> server;
    std::unique_ptr<raw_client> client;
};

inline void expect_output(const run_result& result, const std::vector<std::string>& lines) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::string whole;
    for (const std::string& line : lines) whole += line + "\n";
    EXPECT_EQ(result.out, whole);
}

}  // namespace mote::test
