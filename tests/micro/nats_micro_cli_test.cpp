// `nats micro ls|info|stats|ping|req` of the official command against a service of ours.

#include <tests/jetstream/live_test.hpp>
#include <tests/micro/conformance_service.hpp>
#include <tests/micro/hosted_service.hpp>
#include <tests/micro/nats_command.hpp>

#include <boost/json.hpp>
#include <optional>

namespace mote::test {
namespace {

namespace json = boost::json;

class nats_micro_cli_test : public nats_command_test {
protected:
    void SetUp() override {
        nats_command_test::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        server_.emplace(without_jetstream());
        host_.emplace(options_for(*server_),
                      [](const nats::connection& connection) { return conformance_service(connection); });
    }

    run_result micro(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "micro");
        auto result = nats(*server_, std::move(arguments));
        EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
        return result;
    }

    std::string id() {
        return host_->on_loop([this] { return host_->service().id(); });
    }

    std::optional<nats_server> server_;
    std::optional<hosted_service> host_;
};

TEST_F(nats_micro_cli_test, lists_it) {
    const auto table = micro({"ls"}).out;
    EXPECT_NE(table.find("Conformance"), std::string::npos) << table;
    EXPECT_NE(table.find(id()), std::string::npos) << table;
    EXPECT_NE(table.find("1.2.3"), std::string::npos) << table;
    const auto listed = json::parse(micro({"ls", "--json"}).out).as_array();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].at("endpoints").as_array().size(), 31U);
}

TEST_F(nats_micro_cli_test, shows_its_info_with_metadata_and_subjects) {
    const auto text = micro({"info", "Conformance"}).out;
    for (const std::string part : {"Conformance reference service", "eu-1", "g1.sub.deep.*.x", "group-q"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    const auto one = json::parse(micro({"info", "Conformance", id(), "--json"}).out);
    EXPECT_EQ(one.at("info").at("id").as_string(), id());
    EXPECT_EQ(one.at("stats").at("endpoints").as_array().size(), 31U);
}

TEST_F(nats_micro_cli_test, shows_its_stats_after_calls) {
    micro({"req", "Conformance", "echo", "hello"});
    micro({"req", "Conformance", "fail", "x"});
    const auto all = json::parse(micro({"stats", "Conformance", "--json"}).out).as_array();
    ASSERT_EQ(all.size(), 1U);
    for (const auto& endpoint : all[0].at("endpoints").as_array()) {
        const auto name = json::value_to<std::string>(endpoint.at("name"));
        EXPECT_EQ(endpoint.at("num_requests").to_number<int>(), name == "echo" || name == "fail" ? 1 : 0) << name;
        EXPECT_EQ(endpoint.at("last_error").as_string(), name == "fail" ? "500:boom happened" : "") << name;
    }
    EXPECT_NE(micro({"stats", "Conformance"}).out.find("override-q"), std::string::npos);
}

TEST_F(nats_micro_cli_test, pings_it) {
    const auto result = nats(*server_, {"--timeout=1s", "micro", "ping", "Conformance"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE((result.out + result.err).find(id()), std::string::npos) << result.out << result.err;
}

TEST_F(nats_micro_cli_test, calls_an_endpoint_by_its_name) {
    EXPECT_NE(micro({"req", "Conformance", "inherit-q", "over the group", "--raw"}).out.find("over the group"),
              std::string::npos);
    const auto failed = micro({"req", "Conformance", "fail-nodata", "x"});
    EXPECT_NE((failed.out + failed.err).find("Nats-Service-Error: not found: é"), std::string::npos)
        << failed.out << failed.err;
    const auto silent = micro({"req", "Conformance", "silent", "x"});
    EXPECT_NE((silent.out + silent.err).find("no response"), std::string::npos) << silent.out << silent.err;
}

}  // namespace
}  // namespace mote::test
