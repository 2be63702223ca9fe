// Work in order whose instances come and go: the order holds over all of them, and nothing is lost.

#include <tests/micro/ordered_works.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <algorithm>

namespace mote::test {
namespace {

class work_order_handover : public work_test {};

const std::string keys = "abcd";

void expect_in_order(history& seen, int last) {
    for (const char key : keys) EXPECT_EQ(seen.done[std::string(1, key)], one_to(last)) << key;
    EXPECT_EQ(seen.wrong, std::vector<std::string>());
}

TEST_F(work_order_handover, holds_over_two_instances_and_the_stop_of_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const auto seen = std::make_shared<history>();
        auto opts = quick_in_order();
        opts.ack_wait = 30s;  // longer than this test may take: what is handed over is handed over, not missed
        micro::service first(here.config("Jobs"));
        first.work("process", opts, noting(seen));
        co_await first.start(here.connection);
        auto other_connection = co_await connect_to(here.server);
        micro::service second(here.config("Jobs"));
        second.work("process", opts, noting(seen));
        co_await second.start(other_connection);
        co_await publish_keys(js, keys, 1, 40);
        co_await eventually("some are done", [&] { return seen->count_done() > 20; });
        const bool first_has_it = stats_of(first).requests > 0;
        EXPECT_TRUE(!pins(js) || first_has_it != (stats_of(second).requests > 0)) << "one at a time";
        co_await (first_has_it ? first : second).stop();
        co_await publish_keys(js, keys, 41, 60);
        co_await eventually("all are done", [&] { return seen->count_done() == 240; });
        expect_in_order(*seen, 60);
        for (const char key : keys) EXPECT_EQ(seen->begun[std::string(1, key)], one_to(60)) << key;
        co_await expect_all_settled(js, "Jobs_process");
        co_await first.stop();
        co_await second.stop();
        other_connection.close();
    });
}

TEST_F(work_order_handover, goes_on_where_a_lost_instance_was) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate never(here.connection.executor());
        const auto seen = std::make_shared<history>();
        const auto stuck = std::make_shared<int>(0);
        auto lost_connection = co_await connect_to(here.server);
        auto lost = std::make_unique<micro::service>(here.config("Jobs"));
        lost->work("process", quick_in_order(), [seen, stuck, never](micro::event job) -> asio::awaitable<void> {
            const auto key = key_of(job);
            const int number = number_of(job);
            seen->begin(key, number);
            if (number == 3) {
                ++*stuck;
                co_await never.pass();
                co_return;
            }
            seen->end(key, number);
        });
        co_await lost->start(lost_connection);
        micro::service other(here.config("Jobs"));
        other.work("process", quick_in_order(), noting(seen));
        co_await publish_keys(js, keys, 1, 10);
        const int begun = pins(js) ? 4 : 1;
        co_await eventually("it is stuck", [&] { return *stuck == begun; });
        co_await other.start(here.connection);
        lost_connection.close();  // as if it were killed
        for (const auto& [key, running] : seen->running_of)
            if (running == 1) seen->lose(key);
        co_await eventually("all are done", [&] { return seen->count_done() == 40; });
        expect_in_order(*seen, 10);
        co_await expect_all_settled(js, "Jobs_process");
        co_await other.stop();
        never.open();
    });
}

TEST_F(work_order_handover, holds_when_the_server_pins_another_one_again_and_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        if (!pins(js)) co_return;
        const auto seen = std::make_shared<history>();
        auto opts = quick_in_order();
        opts.ack_wait = 30s;
        opts.max_held = 10;
        micro::service first(here.config("Jobs"));
        first.work("process", opts, noting(seen));
        co_await first.start(here.connection);
        auto other_connection = co_await connect_to(here.server);
        micro::service second(here.config("Jobs"));
        second.work("process", opts, noting(seen));
        co_await second.start(other_connection);
        co_await publish_keys(js, keys, 1, 100);
        for (std::size_t next = 20; next < 400; next += 20) {
            co_await eventually("some more are done", [&] { return seen->count_done() >= next; });
            co_await js.unpin_consumer("Jobs_process", "Jobs_process", "order");
        }
        co_await eventually("all are done", [&] { return seen->count_done() == 400; });
        expect_in_order(*seen, 100);
        EXPECT_GT(stats_of(first).requests, 0u);
        EXPECT_GT(stats_of(second).requests, 0u);
        EXPECT_EQ(stats_of(first).dead + stats_of(second).dead, 0u);
        co_await expect_all_settled(js, "Jobs_process");
        co_await first.stop();
        co_await second.stop();
        other_connection.close();
    });
}

TEST_F(work_order_handover, an_instance_that_was_cut_off_begins_nothing_that_others_may_have) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate open_later(here.connection.executor());
        tcp_proxy proxy(here.server.port());
        const auto before = std::make_shared<history>();
        const auto after = std::make_shared<history>();
        auto cut_off_connection = co_await nats::connection::connect(options_for(through(proxy)));
        micro::service cut_off(here.config("Jobs"));
        cut_off.work("process", quick_in_order(), [before, open_later](micro::event job) -> asio::awaitable<void> {
            before->begun[key_of(job)].push_back(number_of(job));
            co_await open_later.pass();
        });
        co_await cut_off.start(cut_off_connection);
        co_await publish_keys(js, "a", 1, 10);
        const std::uint64_t held = pins(js) ? 10 : 1;
        co_await eventually("it has them", [&] { return stats_of(cut_off).in_flight == held; });
        proxy.stall();
        micro::service other(here.config("Jobs"));
        other.work("process", quick_in_order(), noting(after));
        co_await other.start(here.connection);
        co_await eventually("the other has done all", [&] { return after->count_done() == 10; });
        EXPECT_EQ(after->begun["a"], one_to(10));
        EXPECT_EQ(after->wrong, std::vector<std::string>());
        open_later.open();
        proxy.resume();
        co_await publish_keys(js, "a", 11, 11);
        co_await eventually("it goes on", [&] { return after->count_done() + before->begun["a"].size() == 12; });
        co_await eventually("nothing is left", [&] { return stats_of(cut_off).in_flight == 0; });
        EXPECT_EQ(before->begun["a"].front(), 1);
        for (const int number : before->begun["a"]) EXPECT_TRUE(number == 1 || number == 11) << number;
        co_await expect_all_settled(js, "Jobs_process");
        co_await other.stop();
        co_await cut_off.stop();
        cut_off_connection.close();
    });
}

TEST_F(work_order_handover, loses_nothing_when_the_server_is_killed) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const auto seen = std::make_shared<history>();
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), noting(seen));
        co_await service.start(here.connection);
        co_await publish_keys(js, keys, 1, 50);
        for (const std::size_t next : {40u, 80u}) {
            co_await eventually("some are done", [&] { return seen->count_done() >= next; });
            here.server.kill();
            here.server.restart();
        }
        co_await eventually("all are done", [&] {
            return std::all_of(keys.begin(), keys.end(),
                               [&](char key) { return seen->has_done(std::string(1, key), 50); });
        });
        // A server that was killed may not have kept the last acks: then some are done again, but none is left out.
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await expect_all_settled(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_order_handover, goes_on_when_what_a_lost_instance_had_is_gone_from_the_stream) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate never(here.connection.executor());
        auto lost_connection = co_await connect_to(here.server);
        int stuck = 0;
        micro::service lost(here.config("Jobs"));
        lost.work("process", quick_in_order(), [&stuck, never](micro::event) -> asio::awaitable<void> {
            ++stuck;
            co_await never.pass();
        });
        co_await lost.start(lost_connection);
        co_await publish_keys(js, "a", 1, 4);
        co_await eventually("it is stuck", [&] { return stuck == 1; });
        lost_connection.close();  // as if it were killed
        const bool deleted = co_await js.delete_message("Jobs_process", 1);
        EXPECT_TRUE(deleted);
        const auto seen = std::make_shared<history>();
        seen->done["a"].push_back(1);  // nobody can do it any more
        micro::service other(here.config("Jobs"));
        other.work("process", quick_in_order(), noting(seen));
        co_await other.start(here.connection);
        co_await eventually("the rest is done", [&] { return seen->has_done("a", 4); });
        EXPECT_EQ(seen->begun["a"], (std::vector<int>{2, 3, 4}));
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await other.stop();
        never.open();
    });
}

TEST_F(work_order_handover, takes_one_that_ends_its_instances_for_dead_and_none_of_those_behind_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate never(here.connection.executor());
        auto opts = quick_in_order();
        opts.max_tries = 1;
        {
            micro::service maker(here.config("Jobs"));
            maker.work("process", opts, [](micro::event&) {});
            co_await maker.start(here.connection);
            co_await maker.stop();
        }
        co_await publish_keys(js, "a", 1, 4);
        for (int round = 0; round < 3; ++round) {
            auto connection = co_await connect_to(here.server);
            int begun = 0;
            micro::service service(here.config("Jobs"));
            service.work("process", opts, [&begun, never](micro::event) -> asio::awaitable<void> {
                ++begun;
                co_await never.pass();
            });
            co_await service.start(connection);
            const auto limit = std::chrono::steady_clock::now() + 20s;
            while (begun == 0 && std::chrono::steady_clock::now() < limit) co_await a_while();
            EXPECT_EQ(begun, 1);
            connection.close();
        }
        const auto seen = std::make_shared<history>();
        seen->done["a"].push_back(1);  // is dead
        micro::service last(here.config("Jobs"));
        last.work("process", opts, noting(seen));
        co_await last.start(here.connection);
        co_await eventually("the rest is done", [&] { return seen->has_done("a", 4); });
        EXPECT_EQ(seen->begun["a"], (std::vector<int>{2, 3, 4}));
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        EXPECT_EQ(stats_of(last).dead, 1u);
        co_await last.stop();
        never.open();
    });
}

}  // namespace
}  // namespace mote::test
