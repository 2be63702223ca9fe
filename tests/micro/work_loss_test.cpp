// Work endpoints whose instances, servers and streams go: nothing is lost.

#include <tests/micro/works.hpp>

#include <mote/micro/dead_letters.hpp>

#include <memory>
#include <set>
#include <stdexcept>

namespace mote::test {
namespace {

TEST_F(work_test, another_instance_does_what_a_lost_one_had) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto lost_connection = co_await connect_to(here.server);
        const gate never(here.connection.executor());
        int taken = 0;
        auto lost = std::make_unique<micro::service>(here.config("Jobs"));
        lost->work("process", quick(), [&taken, never](micro::event) -> asio::awaitable<void> {
            ++taken;
            co_await never.pass();
        });
        co_await lost->start(lost_connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 5);
        co_await eventually("it has them", [&] { return taken == 5; });
        lost_connection.close();  // as if it were killed

        std::multiset<std::string> done;
        micro::service other(here.config("Jobs"));
        other.work("process", quick(), [&done](micro::event& job) { done.emplace(job.data()); });
        co_await other.start(here.connection);
        co_await eventually("all are done", [&] { return done.size() == 5; });
        EXPECT_EQ(done, (std::multiset<std::string>{"0", "1", "2", "3", "4"}));
        co_await expect_empty(js, "Jobs_process");
        co_await other.stop();
        never.open();
    });
}

TEST_F(work_test, what_ends_no_try_is_dead_in_the_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        const jetstream::context js(here.caller);
        auto opts = quick();
        opts.max_tries = 1;
        // An instance that stops may have given it back unseen: only at three times as many is it the message.
        for (int round = 0; round < 3; ++round) {
            auto connection = co_await connect_to(here.server);
            int taken = 0;
            micro::service service(here.config("Jobs"));
            service.work("process", opts, [&taken, never](micro::event) -> asio::awaitable<void> {
                ++taken;
                co_await never.pass();
            });
            co_await service.start(connection);
            if (round == 0) co_await publish_all(js, 1);
            co_await eventually("it is taken", [&] { return taken == 1; });
            connection.close();
        }
        int done = 0;
        micro::service last(here.config("Jobs"));
        last.work("process", opts, [&done](micro::event&) { ++done; });
        co_await last.start(here.connection);
        co_await eventually("it is dead", [&] { return stats_of(last).dead == 1; });
        EXPECT_EQ(done, 0);
        const auto letter = co_await js.message("mote_dead", 1);
        EXPECT_TRUE(letter && letter->message.headers().get("Mote-Dead-Reason") == "no end of 3 tries");
        co_await last.stop();
        never.open();
    });
}

TEST_F(work_test, a_stop_finishes_what_it_had_and_leaves_the_rest_to_others) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        int started = 0;
        int ended = 0;
        auto opts = quick();
        opts.max_in_flight = 2;
        micro::service service(here.config("Jobs"));
        service.work("process", opts, [&, open_later](micro::event) -> asio::awaitable<void> {
            ++started;
            co_await open_later.pass();
            ++ended;
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 6);
        co_await eventually("two have started", [&] { return started == 2; });
        bool stopped = false;
        asio::co_spawn(here.connection.executor(), service.stop(),
                       [&](const std::exception_ptr& failed) { stopped = failed == nullptr; });
        asio::steady_timer timer(co_await asio::this_coro::executor, 100ms);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_FALSE(stopped);
        open_later.open();
        co_await eventually("it has stopped", [&] { return stopped; });
        EXPECT_EQ(started, 2);
        EXPECT_EQ(ended, 2);
        std::uint64_t left = 0;
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (left != 4 && std::chrono::steady_clock::now() < limit) left = co_await messages_in(js, "Jobs_process");
        EXPECT_EQ(left, 4U);
    });
}

TEST_F(work_test, loses_nothing_when_the_server_is_killed_again_and_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::set<std::string> done;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [&done](micro::event job) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
            co_await timer.async_wait(asio::use_awaitable);
            done.emplace(job.data());
        });
        co_await service.start(here.connection);
        jetstream::context_options impatient;
        impatient.timeout = 1s;
        const jetstream::context js(here.caller, impatient);
        int accepted = 0;
        std::size_t kills = 0;
        while (accepted < 600) {
            try {
                jetstream::publish_options once;
                once.message_id = std::to_string(accepted);
                co_await js.publish("jobs.do", std::to_string(accepted), once);
                ++accepted;
            } catch (const boost::system::system_error&) {
                continue;  // the same again
            }
            if (done.size() < 100 * (kills + 1) || kills == 3) continue;
            ++kills;
            here.server.kill();
            here.server.restart();
        }
        co_await eventually("all are done", [&] { return done.size() == static_cast<std::size_t>(accepted); });
        EXPECT_EQ(accepted, 600);
        co_await expect_all_settled(js, "Jobs_process");
        co_await service.stop();
    });
}

TEST_F(work_test, makes_its_stream_again_when_somebody_deleted_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        int done = 0;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [&done](micro::event&) { ++done; });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await js.delete_stream("Jobs_process");
        co_await eventually("it is seen", [&] { return !service.health().ready; });
        co_await eventually("it is mended", [&] { return service.health().ready; });
        co_await publish_all(js, 1);
        co_await eventually("it works again", [&] { return done == 1; });
        co_await service.stop();
    });
}

TEST_F(work_test, makes_the_stream_of_dead_letters_again_when_somebody_deleted_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        int tries = 0;
        micro::service service(here.config("Jobs"));
        service.work("process", quick(), [&tries](micro::event&) {
            ++tries;
            throw micro::give_up("nobody can do this");
        });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await js.delete_stream("mote_dead");
        co_await publish_all(js, 1);
        co_await eventually("it is dead", [&] { return stats_of(service).dead == 1; });
        EXPECT_EQ(tries, 1);
        const micro::dead_letters kept(here.caller);
        const auto letters = co_await kept.list();
        EXPECT_EQ(letters.size(), 1U);
        for (const auto& each : letters) EXPECT_EQ(each.reason, "nobody can do this");
        co_await service.stop();
    });
}

TEST_F(work_test, keeps_the_dead_of_a_stream_that_was_made_anew_and_counts_from_one_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Jobs"));
        auto opts = quick();
        opts.max_tries = 1;
        service.work("process", opts, [](micro::event&) { throw std::runtime_error("broken"); });
        co_await service.start(here.connection);
        const jetstream::context js(here.caller);
        co_await publish_all(js, 1);
        co_await eventually("the first one is dead", [&] { return stats_of(service).dead == 1; });
        co_await js.delete_stream("Jobs_process");
        co_await eventually("it is seen", [&] { return !service.health().ready; });
        co_await eventually("it is mended", [&] { return service.health().ready; });
        co_await publish_all(js, 1);
        co_await eventually("the second one is dead", [&] { return stats_of(service).dead == 2; });
        const micro::dead_letters kept(here.caller);
        const auto letters = co_await kept.list();
        EXPECT_EQ(letters.size(), 2U);
        for (const auto& each : letters) EXPECT_EQ(each.stream_sequence, 1U);
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
