// Where the second question of a hedged call goes: an instance that is slow must not get both.

#include <tests/micro/fake_instance.hpp>

#include <algorithm>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_hedge_test = micro_test;

micro::call_options hedged_after(std::chrono::milliseconds delay) {
    micro::call_options opts;
    opts.idempotent = true;
    opts.timeout = 20s;
    opts.hedge = delay;
    return opts;
}

void ignore(const nats::connection&, const nats::message_view&) {}

asio::awaitable<void> expect_answer(micro::client client, micro::call_options opts, std::string expected) {
    const auto reply = co_await client.call("S", "echo", "x", opts);
    EXPECT_EQ(reply.payload(), expected);
}

/// So that a client knows all instances.
asio::awaitable<void> look_around(micro::client client) {
    micro::gather_options opts;
    opts.max_replies = 1;
    co_await client.call_all("S", "echo", "", opts);
}

bool only_at(const fake_instance& instance, const std::string& subject) {
    return std::ranges::all_of(instance.subjects(), [&](const std::string& each) { return each == subject; });
}

TEST_F(client_hedge_test, asks_two_instances_and_never_one_twice) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance slow(here.connection, direct_info("slow"), ignore);
        const fake_instance fast(here.connection, direct_info("fast"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await look_around(client);
        const auto opts = hedged_after(5ms);
        for (int i = 0; i < 20; ++i) co_await expect_answer(client, opts, "fast:x");
        EXPECT_GE(slow.asked(), 11) << "they take turns as the first";
        EXPECT_GE(fast.asked(), 21);
        EXPECT_TRUE(only_at(slow, "_MOTE.slow.echo"));
    });
}

TEST_F(client_hedge_test, asks_the_queue_group_where_an_instance_has_no_subject_of_its_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance ours(here.connection, direct_info("ours"));
        const fake_instance theirs(here.connection, instance_info("theirs"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await look_around(client);
        const auto opts = hedged_after(15s);
        for (int i = 0; i < 20; ++i) co_await client.call("S", "echo", "x", opts);
        EXPECT_GT(theirs.asked(), 0) << "or it would get no hedged call at all";
    });
}

TEST_F(client_hedge_test, leaves_a_call_that_is_not_hedged_to_the_queue_group) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, direct_info("one"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const micro::call_options plain;
        co_await expect_answer(client, plain, "one:x");
        EXPECT_TRUE(only_at(one, "s.echo"));
    });
}

TEST_F(client_hedge_test, turns_to_the_queue_group_when_nobody_listens_at_the_instance) {
    in_world([](world& here) -> asio::awaitable<void> {
        fake_instance one(here.connection, instance_info("one"));
        one.says(direct_info("one"));  // as seen from another account, which has only the subject of the endpoint
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        auto opts = hedged_after(15s);
        opts.max_tries = 1;
        co_await expect_answer(client, opts, "one:x");
        EXPECT_EQ(one.asked(), 1);
    });
}

TEST_F(client_hedge_test, asks_an_instance_that_was_found_after_the_first_question) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance slow(here.connection, direct_info("slow"), ignore);
        std::string asked_by;
        const auto looked_up = here.connection.subscribe(
            "$SRV.INFO.S", [&](const nats::message_view& asked) { asked_by = std::string(asked.reply); });
        const auto late = here.connection.subscribe(
            "_MOTE.late.echo", [nc = here.connection](const nats::message_view& asked) { nc.respond(asked, "late"); });
        co_await here.connection.flush();
        micro::client_options patient;
        patient.lookup_stall = 10s;
        patient.lookup_timeout = 10s;
        const micro::client client(here.caller, patient);
        const auto calling = start(here.caller, expect_answer(client, hedged_after(1s), "late"));
        co_await eventually("the first is asked", [&] { return slow.asked() == 1; });
        here.connection.publish(asked_by, micro::detail::info_json(direct_info("late")));
        const bool ended = co_await ends(calling);
        EXPECT_TRUE(ended);
        EXPECT_EQ(calling->seen.code, boost::system::error_code()) << calling->seen.text;
        EXPECT_EQ(slow.asked(), 1);
    });
}

}  // namespace
}  // namespace mote::test
