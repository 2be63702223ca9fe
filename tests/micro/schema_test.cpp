// Every $SRV reply passes the schemas of the official `nats` command, which MOTE_NATS_CLI names.

#include <tests/jetstream/live_test.hpp>
#include <tests/micro/conformance_service.hpp>
#include <tests/micro/hosted_service.hpp>
#include <tests/micro/nats_command.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/raw_frame.hpp>
#include <tests/support/temp_dir.hpp>

#include <cctype>
#include <fstream>

namespace mote::test {
namespace {

class schema_test : public nats_command_test {
protected:
    /// What the validator has against a text; `[]` when nothing. (Its exit code says nothing, so the text is looked
    /// at.)
    std::string complaints(const std::string& verb, const std::string& text) {
        const auto file = directory_.path() / "reply.json";
        std::ofstream(file, std::ios::binary) << text;
        const auto type = "io.nats.micro.v1." + verb + "_response";
        const auto checked = run({cli(), "schema", "validate", "--json", type, file.string()});
        auto shown = checked.out + checked.err;
        while (!shown.empty() && std::isspace(static_cast<unsigned char>(shown.back()))) shown.pop_back();
        return shown;
    }

    void expect_valid(const hosted_service::maker& make, const std::vector<std::string>& requests = {}) {
        nats_server server(without_jetstream());
        hosted_service host(options_for(server), make);
        raw_client client(server.port());
        for (const auto& subject : requests) client.request(subject, {}, "x");
        for (const std::string verb : {"ping", "info", "stats"}) {
            std::string subject = "$SRV.";
            for (const char c : verb) subject += static_cast<char>(std::toupper(c));
            const auto frames = client.request(subject, {}, {});
            ASSERT_EQ(frames.size(), 1U);
            const std::string text(parse_raw_frame(frames.front()).payload);
            EXPECT_EQ(complaints(verb, text), "[]") << text;
        }
    }

    temp_dir directory_;
};

TEST_F(schema_test, finds_what_is_wrong) {
    EXPECT_NE(complaints("ping", R"({"name":"S","version":"1.0.0","type":"io.nats.micro.v1.ping_response"})"), "[]");
    EXPECT_EQ(complaints("ping", R"({"name":"S","id":"i","version":"1.0.0","type":"io.nats.micro.v1.ping_response"})"),
              "[]");
}

TEST_F(schema_test, accepts_a_service_with_everything_before_and_after_calls) {
    const auto make = [](const nats::connection& connection) { return conformance_service(connection); };
    expect_valid(make);
    expect_valid(make, {"echo", "fail", "fail-newline", "silent", "err-twice", "slow"});
}

TEST_F(schema_test, accepts_a_service_with_nothing) { expect_valid(minimal_service); }

TEST_F(schema_test, accepts_endpoints_that_are_there_twice) { expect_valid(cfg_service, {"cfg.main"}); }

TEST_F(schema_test, accepts_events_and_data_of_a_failing_stats_handler) {
    expect_valid(
        [](const nats::connection&) {
            micro::service_config config;
            config.name = "Odd";
            config.version = "1.0.0";
            config.on_error = [](const micro::failure&) {};
            config.stats_handler = [](const micro::endpoint_info&) { return "42"; };
            auto service = std::make_unique<micro::service>(std::move(config));
            service->endpoint("event", [](micro::event&) { throw micro::service_error(400, "\"quoted\" \x01 é"); });
            return service;
        },
        {"event"});
}

}  // namespace
}  // namespace mote::test
