// Answers that the service's user may not publish: counted and told on the endpoint that gave them.

#include <tests/micro/world.hpp>

#include <mote/micro/detail/report_rate.hpp>
#include <mote/micro/detail/sent_replies.hpp>
#include <mote/micro/detail/service_state.hpp>

#include <functional>
#include <string>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// A service whose user may publish nothing on `secret.>`, and a caller who may do all.
class denied_reply_test : public micro_test {
protected:
    using body_of_test = std::function<asio::awaitable<void>(world&)>;

    static void in_world(body_of_test body) {
        nats_server_options options;
        options.config =
            "authorization { users = [ { user: s, password: p, permissions: { publish: { deny: [\"secret.>\"] } } },\n"
            "{ user: all, password: p } ] }\n";
        options.jetstream = false;
        nats_server server(options);
        run(connected_as(server, std::move(body)));
    }

private:
    static asio::awaitable<void> connected_as(nats_server& server, body_of_test body) {
        auto opts = options_for(server);
        opts.user = "s";
        opts.password = "p";
        const auto connection = co_await nats::connection::connect(opts);
        opts.user = "all";
        const auto caller = co_await nats::connection::connect(opts);
        world here{server, connection, caller};
        co_await body(here);
        connection.close();
        caller.close();
    }
};

void give_ok(micro::request& req) { req.respond("ok"); }

asio::awaitable<void> give_ok_later(micro::request req) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    req.respond("ok");
}

void ask_with_secret_reply(const world& here, const std::string& subject, int times) {
    for (int i = 0; i < times; ++i) here.caller.publish(subject, "secret.reply." + std::to_string(i), "", {});
}

micro::endpoint_stats stats_at(const micro::service& service, std::size_t index) {
    return service.stats().endpoints.at(index);
}

std::size_t times_told(const world& here, const std::string& endpoint) {
    std::size_t count = 0;
    for (const auto& each : *here.failures) {
        if (each.endpoint != endpoint) continue;
        ++count;
        EXPECT_TRUE(contains(each.error, "Permissions Violation for Publish to \"secret.")) << each.error;
        EXPECT_FALSE(each.cause.empty());
    }
    return count;
}

TEST_F(denied_reply_test, is_an_error_of_the_endpoint_that_gave_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        micro::endpoint_options on_threads;
        on_threads.threads = 1;
        service.endpoint("inline", give_ok);
        service.endpoint("later", give_ok_later);
        service.endpoint("thread", give_ok, on_threads);
        service.endpoint("event", [](micro::event&) {});
        service.endpoint("quiet", give_ok);
        co_await service.start(here.connection);

        ask_with_secret_reply(here, "inline", 40);
        co_await eventually("all are counted", [&] { return stats_at(service, 0).errors == 40; });
        const auto first = times_told(here, "inline");
        EXPECT_GE(first, 1U);
        EXPECT_LT(first, 40U) << "not a line for each of them";
        ask_with_secret_reply(here, "later", 1);
        ask_with_secret_reply(here, "thread", 1);
        ask_with_secret_reply(here, "event", 1);
        for (std::size_t i = 1; i <= 3; ++i)
            co_await eventually("it is counted", [&] { return stats_at(service, i).errors == 1; });
        for (const auto* const name : {"later", "thread", "event"}) EXPECT_EQ(times_told(here, name), 1U) << name;
        EXPECT_TRUE(contains(stats_at(service, 1).last_error, "secret.reply.0")) << stats_at(service, 1).last_error;

        // Others are not touched, nor is an answer that may be given.
        EXPECT_EQ(stats_at(service, 0).errors, 40U);
        const auto quiet = co_await ask(here.caller, "quiet");
        EXPECT_EQ(quiet, body("ok"));
        EXPECT_EQ(stats_at(service, 4).errors, 0U);
        EXPECT_EQ(times_told(here, "quiet"), 0U);
        EXPECT_TRUE(service.health().ready) << "it may be the caller's fault";
        co_await service.stop();
    });
}

TEST_F(denied_reply_test, of_discovery_is_told_for_the_service_and_what_is_no_reply_is_not_the_service_s) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("e", give_ok);
        micro::service other(here.config("Other"));
        other.endpoint("o", give_ok);
        co_await service.start(here.connection);
        co_await other.start(here.connection);  // on the same connection
        here.connection.publish("secret.of.the.program", "");
        co_await here.connection.flush();
        EXPECT_TRUE(here.failures->empty());
        here.caller.publish("$SRV.PING.Test", "secret.ping", "", {});
        co_await eventually("it is told", [&] { return times_told(here, "") == 1; });
        ask_with_secret_reply(here, "o", 1);
        co_await eventually("it is counted", [&] { return stats_at(other, 0).errors == 1; });
        EXPECT_EQ(times_told(here, ""), 1U);
        EXPECT_EQ(stats_at(service, 0).errors, 0U);
        co_await service.stop();
        co_await other.stop();
    });
}

/// What anything else in the program subscribed to is for others to tell: `run` writes a line.
TEST(micro_refused_subscription, is_the_service_s_where_the_service_subscribed) {
    micro::service_config config;
    config.name = "Test";
    config.version = "1.0.0";
    const auto state = std::make_shared<micro::detail::service_state>(config);
    state->add("e", micro::detail::make_handler(give_ok), micro::endpoint_options(), {"g.", "q", {}});
    state->add_work("w", micro::detail::make_handler([](micro::event&) {}), micro::work_options(), {"g.", "q", {}});
    const auto tells_of = [&state](const std::string& subject) {
        nats::connection_event event;
        event.kind = nats::event_kind::error;
        event.error = nats::errc::permission_denied;
        event.detail = "Permissions Violation for Subscription to \"" + subject + "\"";
        event.subject = subject;
        return state->tells_of(event);
    };
    const auto& id = state->id();
    for (const auto& its : {std::string("g.e"), std::string("$SRV.PING"), std::string("$SRV.INFO.Test"),
                            "$SRV.STATS.Test." + id, "_MOTE." + id + ".*"})
        EXPECT_TRUE(tells_of(its)) << its;
    for (const std::string other : {"e", "g.w", "news.>", "$SRV.PING.Other", "$SRV.PING.Test.x", "_MOTE.x.*", ""})
        EXPECT_FALSE(tells_of(other)) << other;
}

TEST(micro_sent_replies, are_told_apart_by_their_ends_and_forgotten_after_many_others) {
    micro::detail::sent_replies sent;
    const auto print = [](const std::string& subject) { return micro::detail::sent_replies::print_of(subject); };
    sent.note(print("_INBOX.pOrNYivbldfjU7v4sUhwbs.1"), nullptr);
    EXPECT_TRUE(sent.sender_of("_INBOX.pOrNYivbldfjU7v4sUhwbs.1"));
    for (const auto* const other : {"_INBOX.pOrNYivbldfjU7v4sUhwbs.2", "_INBOX.pOrNYivbldfjU7v4sUhwbt.1", "r.1", ""})
        EXPECT_FALSE(sent.sender_of(other)) << other;
    sent.note(print("r.1"), nullptr);
    sent.note(print("r.1"), nullptr);
    for (const bool there : {true, true, false}) {
        EXPECT_EQ(sent.sender_of("r.1").has_value(), there);
        sent.forget("r.1");
    }
    sent.note(print("r.1"), nullptr);
    for (int i = 0; i < 1000; ++i) sent.note(print("_INBOX.another." + std::to_string(i)), nullptr);
    EXPECT_FALSE(sent.sender_of("r.1"));
    EXPECT_TRUE(sent.sender_of("_INBOX.another.999"));
}

TEST(micro_sent_replies, are_the_latest_few_hundred_of_endpoints_whatever_the_service_says_meanwhile) {
    micro::detail::sent_replies sent;
    const auto subject = [](int number) { return "_INBOX.another." + std::to_string(number); };
    const auto* const endpoint = reinterpret_cast<const micro::detail::served*>(&sent);  // only compared
    EXPECT_FALSE(sent.sender_of(subject(0)));
    for (int last = 0; last < 1100; ++last) {
        sent.note(micro::detail::sent_replies::print_of(subject(last)), endpoint);
        sent.note(micro::detail::sent_replies::print_of("of.service." + std::to_string(last)), nullptr);
        ASSERT_EQ(sent.sender_of(subject(std::max(0, last - 511))), endpoint) << last;
        ASSERT_EQ(sent.sender_of(subject(last)), endpoint) << last;
        ASSERT_EQ(sent.sender_of("of.service." + std::to_string(last)), nullptr) << last;
        if (last >= 512) {
            ASSERT_FALSE(sent.sender_of(subject(last - 512))) << last;
        }
    }
}

TEST(micro_report_rate, holds_back_what_is_more_than_so_many_a_second) {
    micro::detail::report_rate rate(2);
    EXPECT_EQ(rate.pass(), "");
    EXPECT_EQ(rate.pass(), "");
    int held_back = 0;
    while (held_back < 3 && !rate.pass()) ++held_back;
    EXPECT_EQ(held_back, 3);
    std::optional<std::string> next;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!next && std::chrono::steady_clock::now() < limit) next = rate.pass();
    EXPECT_TRUE(next && next->starts_with(", and ") && next->ends_with(" more before")) << next.value_or("nothing");
}

}  // namespace
}  // namespace mote::test
