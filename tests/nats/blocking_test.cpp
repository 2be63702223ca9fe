#include <mote/nats/blocking.hpp>
#include <tests/nats/live.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/raw_client.hpp>

#include <atomic>
#include <future>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::blocking_connection;
using nats::connection_status;
using nats::errc;
using nats::message_view;

class live_blocking : public live_nats {
protected:
    void SetUp() override {
        live_nats::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) server.emplace(core_only());
    }
    nats::options opts() const { return options_for(*server); }
    std::optional<nats_server> server;
};

TEST_F(live_blocking, publishes_and_subscribes) {
    const blocking_connection nc(opts());
    EXPECT_EQ(nc.status(), connection_status::connected);
    auto sub = nc.subscribe("a.*");
    nc.publish("a.1", "one");
    nats::headers more;
    more.set("Key", "value");
    nc.publish("a.2", "two", more);
    const auto first = sub.next(20s);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->subject(), "a.1");
    EXPECT_EQ(first->payload(), "one");
    const auto second = sub.next(20s);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->headers().get("Key"), "value");
    EXPECT_EQ(failure_at_once([&] { (void)sub.next(10ms); }).code, errc::timeout);
    EXPECT_EQ(sub.stats().delivered, 2u);
    sub.unsubscribe();
    EXPECT_FALSE(sub.next(20s)) << "it has ended";
}

TEST_F(live_blocking, asks_and_answers) {
    const blocking_connection nc(opts());
    auto echo = nc.subscribe("echo", [&](const message_view& asked) { nc.async().respond(asked, asked.payload); });
    EXPECT_EQ(nc.request("echo", "hello").payload(), "hello");
    nats::request_many_options one;
    one.max_messages = 1;
    EXPECT_EQ(nc.request_many("echo", "hello", one).size(), 1u);
    EXPECT_EQ(failure_at_once([&] { (void)nc.request("nobody", ""); }).code, errc::no_responders);
    EXPECT_EQ(failure_at_once([&] { (void)nc.request("a b", ""); }).code, errc::bad_subject);
    auto silent = nc.subscribe("silent", [](const message_view&) {});
    nats::request_options soon;
    soon.timeout = 10ms;
    EXPECT_EQ(failure_at_once([&] { (void)nc.request("silent", "", soon); }).code, errc::timeout);
}

asio::awaitable<void> fails() {
    nats::throw_error(errc::bad_header, "thrown in there");
    co_return;
}

TEST_F(live_blocking, runs_what_has_no_blocking_call) {
    const blocking_connection nc(opts());
    const auto time = nc.run([&] { return nc.async().rtt(); });
    EXPECT_GT(time, 0ns);
    EXPECT_EQ(failure_at_once([&] { nc.run(fails); }).code, errc::bad_header);
}

TEST_F(live_blocking, may_be_used_by_many_threads) {
    const blocking_connection nc(opts());
    auto echo = nc.subscribe("echo", [&](const message_view& asked) { nc.async().respond(asked, asked.payload); });
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([&, number] {
            for (int i = 0; i < 200; ++i) {
                const auto text = std::to_string(number) + "/" + std::to_string(i);
                if (nc.request("echo", text).payload() == text) ++answered;
                nc.publish("elsewhere", text);
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(answered, 1600);
    nc.drain();
    EXPECT_EQ(nc.status(), connection_status::closed);
}

TEST_F(live_blocking, refuses_to_wait_on_its_own_thread) {
    const blocking_connection nc(opts());
    std::promise<failure> seen;
    auto sub = nc.subscribe(
        "a", [&](const message_view&) { seen.set_value(failure_at_once([&] { (void)nc.request("a", ""); })); });
    nc.publish("a", "");
    auto answer = seen.get_future();
    ASSERT_EQ(answer.wait_for(20s), std::future_status::ready);
    EXPECT_EQ(answer.get().code, errc::wrong_thread);
}

TEST_F(live_blocking, throws_when_it_cannot_connect) {
    auto nobody = options_for("127.0.0.1:" + std::to_string(free_port()));
    EXPECT_EQ(failure_at_once([&] { const blocking_connection nc(nobody); }).code, errc::connect_failed);
}

TEST_F(live_blocking, may_end_before_its_subscriptions) {
    std::optional<blocking_connection> nc;
    nc.emplace(opts());
    auto sub = nc->subscribe("a");
    auto handled = nc->subscribe("b", [](const message_view&) {});
    nc.reset();
    EXPECT_EQ(failure_at_once([&] { (void)sub.next(20s); }).code, errc::closed);
}

TEST_F(live_blocking, ends_who_waits_when_it_is_closed) {
    const blocking_connection nc(opts());
    auto sub = nc.subscribe("a");
    std::thread closer([&] { nc.close(); });
    EXPECT_EQ(failure_at_once([&] { (void)sub.next(20s); }).code, errc::closed);
    closer.join();
    EXPECT_EQ(failure_at_once([&] { (void)nc.request("a", ""); }).code, errc::closed);
}

TEST_F(live_blocking, drains_a_subscription_while_another_thread_takes_what_is_pending) {
    const blocking_connection nc(opts());
    auto sub = nc.subscribe("a");
    for (int i = 0; i < 100; ++i) nc.publish("a", std::to_string(i));
    nc.flush();
    int taken = 0;
    std::thread reader([&] {
        while (sub.next(20s)) ++taken;
    });
    sub.drain(20s);
    reader.join();
    EXPECT_EQ(taken, 100);
}

TEST_F(live_blocking, goes_on_when_the_server_was_away) {
    const blocking_connection nc(opts());
    auto sub = nc.subscribe("a");
    server->kill();
    server->restart();
    nc.publish("a", "kept");
    nc.run([&] { return wait_reconnected(nc.async(), 1); });
    nc.publish("a", "again");
    const auto came = sub.next(20s);
    ASSERT_TRUE(came);
    EXPECT_TRUE(came->payload() == "kept" || came->payload() == "again") << "written to the dead link, or not";
}

TEST_F(live_blocking, may_be_moved) {
    blocking_connection first(opts());
    blocking_connection second(std::move(first));
    EXPECT_EQ(second.status(), connection_status::connected);
    blocking_connection third(opts());
    third = std::move(second);
    third.flush();
}

}  // namespace
}  // namespace mote::test
