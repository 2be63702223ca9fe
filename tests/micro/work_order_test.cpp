// Work in order: of each key one at a time, and no key waits for another one.

#include <tests/micro/ordered_works.hpp>

#include <algorithm>
#include <mutex>
#include <thread>

namespace mote::test {
namespace {

class work_order_test : public work_test {};

TEST_F(work_order_test, does_each_key_in_the_order_of_the_stream_and_the_keys_side_by_side) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<history>();
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), noting(seen));
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        const std::string keys = "abcdef";
        co_await publish_keys(js, keys, 1, 30);
        co_await eventually("all are done", [&] { return seen->count_done() == 180; });
        for (const char key : keys) EXPECT_EQ(seen->begun[std::string(1, key)], one_to(30)) << key;
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        if (pins(js))
            EXPECT_GT(seen->most_running, 1);
        else
            EXPECT_EQ(seen->most_running, 1);
        EXPECT_EQ(stats_of(service).redelivered, 0u);
        co_await expect_all_settled(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_order_test, does_so_by_a_token_of_the_subject_and_on_threads) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::mutex mutex;
        history seen;
        auto opts = quick();
        opts.subject = "jobs.*.do";
        opts.order = micro::work_order::by_subject_token(2);
        opts.threads = 3;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&](micro::event& job) {
            const auto key = std::string(job.subject().substr(5, 1));
            const int number = number_of(job);
            {
                const std::lock_guard lock(mutex);
                seen.begin(key, number);
            }
            std::this_thread::yield();
            const std::lock_guard lock(mutex);
            seen.end(key, number);
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        for (int number = 1; number <= 40; ++number)
            for (const auto* const key : {"a", "b", "c"})
                co_await js.publish(std::string("jobs.") + key + ".do", std::to_string(number));
        co_await eventually("all are done", [&] {
            const std::lock_guard lock(mutex);
            return seen.count_done() == 120;
        });
        for (const auto* const key : {"a", "b", "c"}) EXPECT_EQ(seen.begun[key], one_to(40)) << key;
        EXPECT_EQ(seen.wrong, std::vector<std::string>());
        co_await service.stop();
    });
}

TEST_F(work_order_test, a_slow_key_holds_up_no_other_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate open_later(here.connection.executor());
        const auto seen = std::make_shared<history>();
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), [seen, open_later](micro::event job) -> asio::awaitable<void> {
            const auto key = key_of(job);
            const int number = number_of(job);
            seen->begin(key, number);
            if (key == "s" && number == 1) co_await open_later.pass();
            seen->end(key, number);
        });
        co_await service.start(here.connection);
        co_await publish_keys(js, "so", 1, 10);
        if (pins(js)) {
            co_await eventually("the other is done", [&] { return seen->done["o"].size() == 10; });
            co_await eventually("only those of the slow key are left",
                                [&] { return stats_of(service).waiting == 9 && stats_of(service).in_flight == 10; });
        } else {
            co_await eventually("one is begun", [&] { return seen->running == 1; });
        }
        EXPECT_EQ(seen->begun["s"], one_to(1));
        open_later.open();
        co_await eventually("all are done", [&] { return seen->count_done() == 20; });
        for (const auto* const key : {"s", "o"}) EXPECT_EQ(seen->begun[key], one_to(10)) << key;
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await service.stop();
    });
}

TEST_F(work_order_test, tries_again_in_place_while_the_rest_of_the_key_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const auto seen = std::make_shared<history>();
        const auto fail = std::make_shared<bool>(true);
        auto opts = quick_in_order();
        opts.max_tries = 1000;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [seen, fail](micro::event job) -> asio::awaitable<void> {
            const auto key = key_of(job);
            const int number = number_of(job);
            seen->begin(key, number);
            co_await a_while(1);
            const bool fails = key == "b" && number == 2 && *fail;
            seen->end(key, number, !fails);
            if (fails) throw std::runtime_error("not yet");
        });
        co_await service.start(here.connection);
        co_await publish_keys(js, "bg", 1, 6);
        if (pins(js)) co_await eventually("the other is done", [&] { return seen->done["g"].size() == 6; });
        co_await eventually("it was tried often", [&] { return stats_of(service).errors >= 5; });
        EXPECT_EQ(seen->done["b"], one_to(1));
        *fail = false;
        co_await eventually("all are done", [&] { return seen->count_done() == 12; });
        EXPECT_EQ(seen->done["b"], one_to(6));
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        EXPECT_EQ(stats_of(service).redelivered, stats_of(service).errors) << "each further try is counted";
        EXPECT_EQ(stats_of(service).requests, 12 + stats_of(service).errors);
        co_await expect_all_settled(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_order_test, lets_the_next_one_begin_when_one_is_dead) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const auto seen = std::make_shared<history>();
        auto opts = quick_in_order();
        opts.max_tries = 3;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [seen](micro::event job) -> asio::awaitable<void> {
            const auto key = key_of(job);
            const int number = number_of(job);
            seen->begin(key, number);
            co_await a_while(1);
            seen->end(key, number);  // an end that is not well is one, too, for those behind it
            if (number == 1) throw micro::give_up("nobody can");
            if (number == 2) throw std::runtime_error("broken");
            if (number == 3 && seen->begun[key].back() == 3 &&
                std::count(seen->begun[key].begin(), seen->begun[key].end(), 3) == 1)
                throw micro::retry_later(1ms);
        });
        co_await service.start(here.connection);
        co_await publish_keys(js, "a", 1, 4);
        co_await eventually("the last is done", [&] { return seen->has_done("a", 4); });
        EXPECT_EQ(seen->begun["a"], (std::vector<int>{1, 2, 2, 2, 3, 3, 4}));
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await eventually("two are dead", [&] { return stats_of(service).dead == 2; });
        const auto letter = co_await js.message("mote_dead", 2);
        EXPECT_TRUE(letter && letter->message.headers().get("Mote-Dead-Tries") == "3");
        co_await expect_all_settled(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_order_test, keeps_what_waits_and_takes_no_more_than_it_may_hold) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const gate open_later(here.connection.executor());
        const auto seen = std::make_shared<history>();
        auto opts = quick_in_order();
        opts.max_in_flight = 2;
        opts.max_held = 5;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [seen, open_later](micro::event job) -> asio::awaitable<void> {
            const auto key = key_of(job);
            const int number = number_of(job);
            seen->begin(key, number);
            co_await open_later.pass();
            seen->end(key, number);
        });
        co_await service.start(here.connection);
        co_await publish_keys(js, "a", 1, 20);
        const std::uint64_t most = pins(js) ? 5 : 1;
        co_await eventually("it has all that it may", [&] { return stats_of(service).in_flight == most; });
        // Three times the ack wait: without in-progress acks they would come again.
        asio::steady_timer timer(co_await asio::this_coro::executor, 3s);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_EQ(stats_of(service).in_flight, most);
        EXPECT_EQ(stats_of(service).waiting, most - 1);
        const auto consumer = co_await js.consumer("Jobs_process", "Jobs_process");
        EXPECT_EQ(consumer.ack_pending, most);
        EXPECT_EQ(consumer.redelivered, 0u);
        open_later.open();
        co_await publish_keys(js, "bcde", 1, 5);
        co_await eventually("all are done", [&] { return seen->count_done() == 40; });
        EXPECT_EQ(seen->begun["a"], one_to(20));
        EXPECT_LE(seen->most_running, 2);
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await service.stop();
    });
}

TEST_F(work_order_test, what_has_no_key_is_in_order_among_itself) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<history>();
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), noting(seen));
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        for (int number = 1; number <= 20; ++number) co_await js.publish("jobs.do", std::to_string(number));
        co_await eventually("all are done", [&] { return seen->count_done() == 20; });
        EXPECT_EQ(seen->begun[""], one_to(20));
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await service.stop();
    });
}

TEST_F(work_order_test, is_said_in_info_and_refused_where_there_is_no_such_token) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), [](micro::event&) {});
        EXPECT_EQ(service.info().endpoints.at(0).metadata.at("mote.order"), "header Key");
        auto opts = quick();
        opts.order = micro::work_order::by_subject_token(3);
        boost::system::error_code refused;
        try {
            service.work("other", opts, [](micro::event&) {});
        } catch (const boost::system::system_error& failed) {
            refused = failed.code();
        }
        EXPECT_EQ(refused, micro::errc::bad_subject);
        EXPECT_EQ(service.info().endpoints.size(), 1u);
        co_return;
    });
}

TEST_F(work_order_test, can_be_given_up_and_taken_up_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        int done = 0;
        for (const bool ordered : {false, true, false, true}) {
            micro::service service(here.config("Jobs"));
            service.work("process", ordered ? quick_in_order() : quick(), [&done](micro::event&) { ++done; });
            co_await service.start(here.connection);
            const auto consumer = co_await js.consumer("Jobs_process", "Jobs_process");
            const bool pinned = consumer.config.priority == jetstream::priority_policy::pinned_client;
            EXPECT_EQ(pinned, ordered && pins(js));
            EXPECT_EQ(consumer.config.max_ack_pending, !ordered ? 1000 : pinned ? 512 : 1);
            const int before = done;
            co_await publish_all(js, 5);
            co_await eventually("all are done", [&] { return done == before + 5; });
            co_await service.stop();
        }
    });
}

TEST_F(work_order_test, goes_back_to_its_order_when_another_instance_has_none) {
    in_world([](world& here) -> asio::awaitable<void> {
        const jetstream::context js(here.caller);
        const auto seen = std::make_shared<history>();
        micro::service service(here.config("Jobs"));
        service.work("process", quick_in_order(), noting(seen));
        co_await service.start(here.connection);
        {
            micro::service other(here.config("Jobs"));
            other.work("process", quick(), [](micro::event&) {});
            co_await other.start(here.connection);
            co_await other.stop();
        }
        co_await eventually("it is seen", [&] { return !service.health().ready; });
        co_await eventually("it is mended", [&] { return service.health().ready; });
        co_await publish_keys(js, "ab", 1, 10);
        co_await eventually("all are done", [&] { return seen->count_done() == 20; });
        EXPECT_EQ(seen->wrong, std::vector<std::string>());
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
