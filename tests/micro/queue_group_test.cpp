// Who shares the messages of an endpoint: inherited, overridden or disabled at every level.

#include <tests/micro/world.hpp>

namespace mote::test {
namespace {

using micro::no_queue_group;

const auto ignore_event = [](micro::event&) {};

/// The group that results for an endpoint with `own` in a group with `middle` of a service with `top`.
std::string resolved(micro::queue_group top, micro::queue_group middle, micro::queue_group own) {
    micro::service_config config;
    config.name = "S";
    config.version = "1.0.0";
    config.queue_group = std::move(top);
    micro::service service(std::move(config));
    micro::group_options group;
    group.queue_group = std::move(middle);
    micro::endpoint_options opts;
    opts.queue_group = std::move(own);
    service.group("g", std::move(group)).endpoint("e", ignore_event, std::move(opts));
    return service.info().endpoints.at(0).queue_group;
}

const micro::queue_group inherited;

TEST(micro_queue_group, is_q_when_nobody_says_otherwise) { EXPECT_EQ(resolved(inherited, inherited, inherited), "q"); }

TEST(micro_queue_group, is_inherited_from_the_group_and_from_the_service) {
    EXPECT_EQ(resolved("service-q", inherited, inherited), "service-q");
    EXPECT_EQ(resolved("service-q", "group-q", inherited), "group-q");
    EXPECT_EQ(resolved(inherited, "group-q", inherited), "group-q");
}

TEST(micro_queue_group, is_overridden_by_the_nearest) {
    EXPECT_EQ(resolved("service-q", "group-q", "own-q"), "own-q");
    EXPECT_EQ(resolved("service-q", inherited, "own-q"), "own-q");
}

TEST(micro_queue_group, is_disabled_at_every_level_for_what_is_below) {
    EXPECT_EQ(resolved(no_queue_group, inherited, inherited), "");
    EXPECT_EQ(resolved("service-q", no_queue_group, inherited), "");
    EXPECT_EQ(resolved("service-q", "group-q", no_queue_group), "");
}

TEST(micro_queue_group, is_enabled_again_by_a_name_below) {
    EXPECT_EQ(resolved(no_queue_group, inherited, "back-q"), "back-q");
    EXPECT_EQ(resolved(no_queue_group, "group-q", inherited), "group-q");
    EXPECT_EQ(resolved(inherited, no_queue_group, "back-q"), "back-q");
}

TEST(micro_queue_group, of_an_empty_name_is_inherited) { EXPECT_EQ(resolved("service-q", "", ""), "service-q"); }

TEST(micro_queue_group, reaches_through_nested_groups) {
    micro::service_config config;
    config.name = "S";
    config.version = "1.0.0";
    micro::service service(config);
    micro::group_options named;
    named.queue_group = "group-q";
    service.group("a", named).group("b").group("c").endpoint("e", ignore_event);
    EXPECT_EQ(service.info().endpoints.at(0).queue_group, "group-q");
}

using queue_group_test = micro_test;

/// Two instances of one service; how often each of them was called for ten requests.
asio::awaitable<std::pair<int, int>> calls_of_two(world& here, micro::queue_group group) {
    int first = 0, second = 0;
    micro::endpoint_options opts;
    opts.queue_group = std::move(group);
    const auto other = co_await connect_to(here.server);
    micro::service one(here.config());
    micro::service two(here.config());
    one.endpoint("e", [&first](micro::event&) { ++first; }, opts);
    two.endpoint("e", [&second](micro::event&) { ++second; }, opts);
    co_await one.start(here.connection);
    co_await two.start(other);
    for (int i = 0; i < 10; ++i) here.caller.publish("e", "x");
    co_await here.caller.flush();
    co_await here.connection.flush();
    co_await other.flush();
    other.close();
    co_return std::pair(first, second);
}

TEST_F(queue_group_test, shares_messages_between_the_instances_of_a_group) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto [first, second] = co_await calls_of_two(here, "workers");
        EXPECT_EQ(first + second, 10);
    });
}

TEST_F(queue_group_test, gives_every_message_to_every_instance_without_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto [first, second] = co_await calls_of_two(here, no_queue_group);
        EXPECT_EQ(first, 10);
        EXPECT_EQ(second, 10);
    });
}

}  // namespace
}  // namespace mote::test
