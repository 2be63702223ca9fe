// All that is known of one service, merged over its instances.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/discovery.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using discovery_find_test = micro_test;

micro::service_info info_of(std::string id, std::vector<micro::endpoint_info> endpoints) {
    auto info = instance_info(std::move(id));
    info.endpoints = std::move(endpoints);
    return info;
}

TEST(micro_found_service, merges_what_instances_offer_alike) {
    micro::found_service service;
    service.add(
        info_of("a", {{"echo", "s.echo", "q", {{"k", "first"}}}, {"log", "s.log", "", {{"mote.kind", "event"}}}}));
    service.add(info_of("b", {{"echo", "s.echo", "q", {{"k", "second"}}}}));
    ASSERT_EQ(service.endpoints.size(), 2U);
    EXPECT_EQ(service.endpoints[0].ids, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(service.endpoints[0].metadata.at("k"), "first");
    EXPECT_EQ(service.endpoints[0].kind, "endpoint");
    EXPECT_EQ(service.endpoints[1].kind, "event");
    EXPECT_EQ(service.endpoints[1].queue_group, "");
    EXPECT_EQ(service.endpoint("log"), &service.endpoints[1]);
    EXPECT_EQ(service.endpoint("none"), nullptr);
    EXPECT_EQ(service.instance("b"), &service.instances[1]);
    EXPECT_EQ(service.instance("c"), nullptr);
}

TEST(micro_found_service, prefers_what_most_instances_offer_then_the_first) {
    micro::found_service service;
    service.add(info_of("a", {{"echo", "old.echo", "q", {}}}));
    service.add(info_of("b", {{"echo", "new.echo", "q", {}}}));
    EXPECT_EQ(service.endpoint("echo")->subject, "old.echo");
    service.add(info_of("c", {{"echo", "new.echo", "q", {}}}));
    EXPECT_EQ(service.endpoint("echo")->subject, "new.echo");
    service.add(info_of("d", {{"echo", "new.echo", "other", {}}}));
    EXPECT_EQ(service.endpoints.size(), 3U);
}

TEST(micro_found_service, counts_an_instance_once) {
    micro::found_service service;
    service.add(info_of("a", {{"echo", "s.echo", "q", {}}, {"echo", "s.echo", "q", {}}}));
    service.add(info_of("a", {{"echo", "s.other", "q", {}}}));
    EXPECT_EQ(service.instances.size(), 1U);
    ASSERT_EQ(service.endpoints.size(), 1U);
    EXPECT_EQ(service.endpoints[0].ids.size(), 1U);
}

TEST_F(discovery_find_test, finds_the_instances_of_a_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a", "1.0.0"));
        const fake_instance b(here.connection, instance_info("b", "2.0.0"));
        auto other = instance_info("c");
        other.name = "Other";
        const fake_instance c(here.connection, other);
        co_await here.connection.flush();
        micro::discovery services(here.caller);
        const auto found = co_await services.find("S");
        EXPECT_TRUE(found.has_value());
        if (!found) co_return;
        EXPECT_EQ(found->name, "S");
        EXPECT_EQ(found->instances.size(), 2U);
        EXPECT_EQ(found->endpoint("echo")->subject, "s.echo");
        EXPECT_EQ(found->endpoint("echo")->queue_group, "q");
        EXPECT_EQ(found->endpoint("echo")->ids.size(), 2U);
    });
}

TEST_F(discovery_find_test, finds_only_versions_within_the_range) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance a(here.connection, instance_info("a", "1.0.0"));
        const fake_instance b(here.connection, instance_info("b", "2.0.0-rc.1"));
        const fake_instance c(here.connection, instance_info("c", "not a version"));
        co_await here.connection.flush();
        micro::discovery services(here.caller);
        const auto of_one = co_await services.find("S", "^1");
        const auto of_two = co_await services.find("S", ">=2.0.0-0");
        const auto of_three = co_await services.find("S", "3");
        EXPECT_TRUE(of_one && of_one->instances.size() == 1 && of_one->instances[0].id == "a");
        EXPECT_TRUE(of_two && of_two->instances.size() == 1 && of_two->instances[0].id == "b");
        EXPECT_FALSE(of_three);
    });
}

TEST_F(discovery_find_test, finds_nothing_at_once_where_nobody_is) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::discovery services(here.caller);
        micro::discovery_options opts;
        opts.timeout = 1h;
        const micro::version_range any;
        const auto found = co_await services.find("Nobody", any, opts);
        EXPECT_FALSE(found);
        EXPECT_EQ(services.unreadable(), 0U);
    });
}

TEST_F(discovery_find_test, leaves_out_what_says_it_is_another_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto odd =
            here.connection.subscribe("$SRV.INFO.S", [nc = here.connection](const nats::message_view& asked) {
                nc.respond(asked, R"({"name":"Other","id":"1"})");
                nc.respond(asked, "nonsense");
            });
        co_await here.connection.flush();
        micro::discovery services(here.caller);
        const auto found = co_await services.find("S");
        EXPECT_FALSE(found);
        EXPECT_EQ(services.unreadable(), 1U);
    });
}

TEST_F(discovery_find_test, refuses_a_name_that_cannot_be_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::discovery services(here.caller);
        for (const std::string name : {"", "a.b", ">", "a b"}) {
            const auto failed = co_await failure_of(services.find(name));
            EXPECT_EQ(failed.code, micro::errc::bad_name) << name;
        }
    });
}

}  // namespace
}  // namespace mote::test
