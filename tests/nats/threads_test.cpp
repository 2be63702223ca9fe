#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;

class live_threads : public live_nats {};

/// Runs `body(i)` in `count` threads; `join` is to be called before it goes.
template <class Body>
std::vector<std::thread> threads(int count, Body body) {
    std::vector<std::thread> started;
    for (int i = 0; i < count; ++i) started.emplace_back(body, i);
    return started;
}

void join(std::vector<std::thread>& started) {
    for (auto& thread : started) thread.join();
}

TEST_F(live_threads, may_publish_side_by_side_and_each_keeps_its_order) {
    constexpr int count = 8;
    constexpr int messages = 2000;
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::map<std::string, int> next;
        int received = 0;
        bool in_order = true;
        auto sub = nc.subscribe("t.*", [&](const message_view& message) {
            in_order = in_order && std::to_string(next[std::string(message.subject)]++) == message.payload;
            ++received;
        });
        co_await nc.flush();
        auto publishers = threads(count, [nc](int number) {
            EXPECT_FALSE(nc.on_executor());
            const auto subject = "t." + std::to_string(number);
            const nats::headers fields{{"A", "1"}};
            for (int i = 0; i < messages; ++i) {
                if (i % 2 == 0)
                    nc.publish(subject, std::to_string(i));
                else
                    nc.publish(subject, std::to_string(i), fields);
                EXPECT_EQ(nc.status(), connection_status::connected);
            }
        });
        EXPECT_TRUE(co_await eventually([&] { return received == count * messages; })) << received;
        join(publishers);
        EXPECT_TRUE(in_order);
        EXPECT_EQ(nc.stats().out_messages, static_cast<std::uint64_t>(count * messages));
    });
}

TEST_F(live_threads, may_respond) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::vector<std::thread> workers;
        auto sub = nc.subscribe("work", [&](const message_view& view) {
            workers.emplace_back(
                [nc, message = nats::message(view)] { nc.respond(message.view(), message.payload()); });
        });
        for (int i = 0; i < 20; ++i) {
            const auto text = std::to_string(i);
            EXPECT_EQ((co_await nc.request("work", text)).payload(), text);
        }
        join(workers);
    });
}

/// Messages for several threads.
class work_list {
public:
    void add(nats::message message) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(message));
        came_.notify_one();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        came_.notify_all();
    }
    /// Nothing at the end.
    std::optional<nats::message> take() {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty()) return std::nullopt;
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<nats::message> waiting_;
    bool ended_ = false;
};

TEST_F(live_threads, may_respond_side_by_side) {
    constexpr int count = 8;
    static constexpr int requests = count * 200;
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        work_list work;
        auto workers = threads(count, [nc, &work](int) {
            const nats::headers fields{{"A", "1"}};
            for (auto message = work.take(); message; message = work.take())
                nc.respond(message->view(), "re: " + std::string(message->payload()), &fields);
        });
        auto sub = nc.subscribe("work", [&work](const message_view& view) { work.add(nats::message(view)); });
        nats::request_options patient;
        patient.timeout = 30s;
        std::vector<asio::awaitable<nats::message>> asked;
        for (int i = 0; i < requests; ++i) asked.push_back(nc.request("work", std::to_string(i), patient));
        int right = 0;
        for (int i = 0; i < requests; ++i) {
            const auto reply = co_await std::move(asked[static_cast<std::size_t>(i)]);
            if (reply.payload() == "re: " + std::to_string(i)) ++right;
        }
        EXPECT_EQ(right, requests);
        work.end();
        join(workers);
    });
}

asio::awaitable<void> ask_often(connection nc, int number, int times, std::atomic<int>& answered) {
    for (int i = 0; i < times; ++i) {
        const auto text = std::to_string(number) + "/" + std::to_string(i);
        const auto here = std::this_thread::get_id();
        const auto reply = co_await nc.request("echo", text);
        EXPECT_EQ(std::this_thread::get_id(), here) << "it goes on where it was awaited";
        if (reply.payload() == text) ++answered;
        nats::request_many_options one;
        one.max_messages = 1;
        const auto replies = co_await nc.request_many("echo", text, one);
        EXPECT_EQ(replies.size(), 1u);
        nc.publish("elsewhere", text);
    }
    co_await nc.flush();
    EXPECT_GT(co_await nc.rtt(), 0ns);
}

TEST_F(live_threads, may_request_from_loops_of_their_own) {
    constexpr int count = 8;
    constexpr int times = 200;
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto echo = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        co_await nc.flush();
        std::atomic<int> answered = 0;
        std::atomic<int> ended = 0;
        auto askers = threads(count, [nc, &answered, &ended](int number) {
            run(ask_often(nc, number, times, answered));
            ++ended;
        });
        const auto all_ended = [&ended] { return ended == count; };
        EXPECT_TRUE(co_await eventually(all_ended));
        join(askers);
        EXPECT_EQ(answered, count * times);
    });
}

TEST_F(live_threads, get_what_a_request_fails_with) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::atomic<bool> ended = false;
        std::thread asker([nc, &ended] {
            run([](connection shared) -> asio::awaitable<void> {
                auto asking = shared.request("nobody", "");
                EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::no_responders);
                auto bad = shared.request("a b", "");
                EXPECT_EQ((co_await failure_of(std::move(bad))).code, errc::bad_subject);
                co_await shared.drain();
            }(nc));
            ended = true;
        });
        const auto all_ended = [&ended] { return ended.load(); };
        EXPECT_TRUE(co_await eventually(all_ended));
        asker.join();
        EXPECT_EQ(nc.status(), connection_status::closed);
    });
}

TEST_F(live_threads, get_bad_arguments_thrown_and_the_rest_as_events) {
    nats_server_options options = core_only();
    options.max_payload = 100;
    const nats_server server(options);
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        std::thread([nc] {
            EXPECT_EQ(failure_at_once([&] { nc.publish("a b", ""); }).code, errc::bad_subject);
            EXPECT_FALSE(failure_at_once([&] { nc.publish("a", std::string(101, 'x')); }).code);
        }).join();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::error));
        EXPECT_EQ(seen.last(event_kind::error).error, errc::max_payload_exceeded);
        EXPECT_EQ(seen.last(event_kind::error).detail, "a");
        nc.close();
        std::thread([nc] { EXPECT_FALSE(failure_at_once([&] { nc.publish("b", ""); }).code); }).join();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::error, 2));
        EXPECT_EQ(seen.last(event_kind::error).error, errc::closed);
        EXPECT_EQ(seen.last(event_kind::error).detail, "b");
    }(opts, log));
}

TEST_F(live_threads, cannot_post_in_more_than_the_bound) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.max_outbound_bytes = 100000;
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int received = 0;
        auto sub = nc.subscribe("a", [&](const message_view&) { ++received; });
        co_await nc.flush();
        int taken = 0;
        // The loop stands still while this thread is joined, so nothing is taken over.
        std::thread([&] {
            const std::string text(1000, 'x');
            failure refused;
            for (; !refused.code; ++taken) refused = failure_at_once([&] { nc.publish("a", text); });
            EXPECT_EQ(refused.code, errc::outbound_buffer_full);
        }).join();
        --taken;
        EXPECT_GT(taken, 80);
        EXPECT_LE(taken, 100);
        EXPECT_TRUE(co_await eventually([&] { return received == taken; })) << received;
        std::thread([&] { nc.publish("a", "room again"); }).join();
        EXPECT_TRUE(co_await eventually([&] { return received == taken + 1; }));
    }(opts));
}

TEST_F(live_threads, may_publish_while_the_link_is_lost_and_made_again) {
    nats_server server(core_only());
    run([](nats_server& restarted) -> asio::awaitable<void> {
        const auto nc = co_await connect_to(restarted);
        std::atomic<bool> stop = false;
        auto publishers = threads(4, [nc, &stop](int) {
            while (!stop) {
                const auto seen = failure_at_once([&] { nc.publish("a", "some load"); });
                EXPECT_TRUE(!seen.code || seen.code == errc::outbound_buffer_full) << seen.text;
                std::this_thread::yield();
            }
        });
        for (std::uint64_t i = 1; i <= 3; ++i) {
            restarted.kill();
            restarted.restart();
            co_await wait_reconnected(nc, i);
        }
        stop = true;
        join(publishers);
        co_await nc.flush();
    }(server));
}

/// Asks until it is told to stop; what comes back is its own answer, or one of the errors that a dead link may mean.
asio::awaitable<void> ask_until(connection nc, int number, std::atomic<bool>& stop, std::atomic<int>& answered) {
    nats::request_options brief;
    brief.timeout = 1s;
    for (int i = 0; !stop; ++i) {
        const auto text = std::to_string(number) + "/" + std::to_string(i);
        boost::system::error_code failed;
        try {
            const auto reply = co_await nc.request("echo", text, brief);
            EXPECT_EQ(reply.payload(), text);
            ++answered;
        } catch (const boost::system::system_error& thrown) {
            failed = thrown.code();
        }
        EXPECT_TRUE(!failed || failed == errc::timeout || failed == errc::no_responders) << failed.message();
    }
}

TEST_F(live_threads, may_request_while_the_link_is_lost_and_made_again) {
    nats_server server(core_only());
    run([](nats_server& restarted) -> asio::awaitable<void> {
        const auto nc = co_await connect_to(restarted);
        auto echo = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        std::atomic<bool> stop = false;
        std::atomic<int> answered = 0;
        std::atomic<int> ended = 0;
        auto askers = threads(8, [nc, &stop, &answered, &ended](int number) {
            run(ask_until(nc, number, stop, answered));
            ++ended;
        });
        for (std::uint64_t i = 1; i <= 3; ++i) {
            const int before = answered;
            const auto goes_on = [&answered, before] { return answered > before + 100; };
            EXPECT_TRUE(co_await eventually(goes_on)) << i;
            restarted.kill();
            restarted.restart();
            co_await wait_reconnected(nc, i);
        }
        const int before = answered;
        const auto goes_on = [&answered, before] { return answered > before + 100; };
        EXPECT_TRUE(co_await eventually(goes_on));
        stop = true;
        const auto all_ended = [&ended] { return ended == 8; };
        EXPECT_TRUE(co_await eventually(all_ended));
        join(askers);
    }(server));
}

TEST_F(live_threads, may_close_the_connection) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("a");
        std::thread closer([nc] { nc.close(); });
        auto waiting = sub.next(20s);
        EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::closed);
        closer.join();
        EXPECT_EQ(seen.count(event_kind::closed), 1u);
    }(opts, log));
}

TEST_F(live_threads, may_destroy_the_last_handle) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        std::optional<connection> nc = co_await connection::connect(how);
        auto sub = nc->subscribe("a");
        std::thread([last = std::move(*nc)]() mutable {
            last.publish("a", "before the end");
            last = connection();
        }).join();
        nc.reset();
        auto waiting = sub.next(20s);
        EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::closed);
        EXPECT_EQ(seen.count(event_kind::closed), 1u);
    }(opts, log));
}

TEST_F(live_threads, may_keep_a_handle_longer_than_the_loop_runs) {
    const nats_server server(core_only());
    asio::io_context loop(1);
    connection kept;
    asio::co_spawn(loop, connection::connect(options_for(server)), [&](const std::exception_ptr&, connection made) {
        kept = std::move(made);
        loop.stop();
    });
    loop.run_for(20s);
    ASSERT_TRUE(kept);
    kept.publish("a", "nobody will send this");
    kept.close();
    kept = connection();
    raw_client other(server.port());  // the server is well
    other.flush();
}

}  // namespace
}  // namespace mote::test
