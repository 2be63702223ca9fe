// Callers that cancel a call by its token: the handler is ended where it waits, and nobody else.

#include <tests/micro/streams.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/cancel.hpp>
#include <mote/micro/deadline.hpp>
#include <mote/nats/nuid.hpp>

#include <array>
#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <functional>
#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<std::size_t, 2> thread_counts{0, 2};
constexpr std::array<const char*, 4> not_cancelled{"inline", "computes", "goes-on", "waits"};

/// What became of the calls of one endpoint, by their bodies.
struct calls_seen {
    std::atomic<int> begun = 0;
    std::atomic<int> cancelled = 0;
    std::map<std::string, int> statuses;  // of those that have ended
};

/// Answers when the test opens the gate: with "answered".
asio::awaitable<void> wait_at(std::shared_ptr<calls_seen> seen, std::shared_ptr<asio::steady_timer> until,
                              micro::request req) {
    ++seen->begun;
    asio::steady_timer own(co_await asio::this_coro::executor, 1h);
    auto* const waiting = req.data() == "opened" ? until.get() : &own;
    boost::system::error_code ended;
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (waiting == &own) {
        ++seen->cancelled;
        throw boost::system::system_error(ended);
    }
    req.respond("answered");
}

/// Notes with which status each call has ended.
micro::middleware noting(std::shared_ptr<calls_seen> seen) {
    return micro::before([seen](micro::request& req) {
        micro::at_end(req, [seen, body = std::string(req.data())](const micro::call_end& how) {
            seen->statuses[body] = how.status;
        });
    });
}

class cancel_test : public micro_test {
public:
    static void call(const world& here, const std::string& endpoint, const std::string& token,
                     const std::string& payload, const std::string& reply = "nobody") {
        nats::headers headers;
        if (!token.empty()) headers.add(micro::cancel_token_header, token);
        here.caller.publish(endpoint, reply, payload, headers);
    }
    static void cancel(const world& here, const std::string& token) { here.caller.publish("mote.cancel." + token, ""); }

    static nats_server_options traced(std::string config = {}) {
        nats_server_options options;
        options.config = std::move(config) + "debug: true\ntrace: true\n";
        return options;
    }
    /// How often a connection asked a server with a trace for the messages that cancel.
    static asio::awaitable<long> subscriptions(nats_server* server, nats::connection by) {
        const auto last = "all-before." + nats::next_nuid();
        by.publish(last, "");
        co_await by.flush();
        EXPECT_TRUE(server->wait_for_log(last, 60s));  // what the server writes is read a moment later
        const auto log = server->log();
        const std::string line = "[SUB mote.cancel.* ";
        long count = 0;
        for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++count;
        co_return count;
    }
};

TEST_F(cancel_test, ends_the_handler_of_that_call_where_it_waits_and_no_other) {
    in_world([](world& here) -> asio::awaitable<void> {
        for (const auto threads : thread_counts) {
            const auto seen = std::make_shared<calls_seen>();
            const auto until = std::make_shared<asio::steady_timer>(here.connection.executor(), 1h);
            micro::service service(here.config());
            micro::endpoint_options opts;
            opts.threads = threads;
            opts.middleware.push_back(noting(seen));
            service.endpoint("e", std::bind_front(wait_at, seen, until), opts);
            co_await service.start(here.connection);
            auto replies = here.caller.subscribe("replies");
            co_await here.caller.flush();
            call(here, "e", "first", "cancelled", "replies");
            if (threads == 0) call(here, "e", "second", "opened", "replies");
            const int all = threads == 0 ? 2 : 1;
            co_await eventually("they run", [&] { return seen->begun == all; });
            co_await here.connection.flush();  // the server knows of the subscription

            cancel(here, "of.no.call");
            cancel(here, "nobody-s");
            cancel(here, "first");
            cancel(here, "first");
            co_await eventually("one has ended", [&] { return stats_of(service).in_flight == unsigned(all - 1); });
            EXPECT_EQ(seen->cancelled, 1);
            if (threads == 0) {
                until->expires_after(0s);
                const auto answer = co_await replies.next(20s);
                EXPECT_EQ(answer->payload(), "answered") << "of the other one, and nothing before it";
            }
            co_await service.stop();
            co_await here.connection.flush();
            co_await here.caller.flush();
            EXPECT_FALSE(replies.try_next());
            EXPECT_EQ(seen->statuses["cancelled"], 499);
            const auto stats = stats_of(service);
            EXPECT_EQ(stats.requests, std::uint64_t(all));
            EXPECT_EQ(stats.errors, 0U) << stats.last_error;
            EXPECT_EQ(stats.expired, 0U);
        }
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(cancel_test, counts_a_call_as_expired_only_when_the_deadline_came_first) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<calls_seen>();
        micro::service service(here.config());
        service.endpoint("e", std::bind_front(wait_at, seen, std::shared_ptr<asio::steady_timer>()));
        co_await service.start(here.connection);
        nats::headers headers;
        headers.set(micro::cancel_token_header, "short");
        headers.set(micro::deadline_header, "50");
        here.caller.publish("e", "nobody", "", headers);
        co_await eventually("it has expired", [&] { return stats_of(service).expired == 1; });
        const int begun = seen->begun;  // none where it had expired before
        headers.set(micro::cancel_token_header, "long");
        headers.set(micro::deadline_header, "3600000");
        here.caller.publish("e", "nobody", "", headers);
        co_await eventually("it runs", [&] { return seen->begun == begun + 1; });
        co_await here.connection.flush();
        cancel(here, "short");
        cancel(here, "long");
        co_await eventually("it has ended", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(seen->cancelled, begun + 1);
        EXPECT_EQ(stats_of(service).expired, 1U);
        EXPECT_EQ(stats_of(service).errors, 0U);
    });
}

/// Takes its cancellation for the end of the wait, and answers nothing.
asio::awaitable<void> wait_in_vain(std::shared_ptr<calls_seen> seen, micro::request) {
    ++seen->begun;
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    boost::system::error_code ended;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    ++seen->cancelled;
}

TEST_F(cancel_test, is_no_error_of_a_handler_that_ends_without_an_answer_then) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<calls_seen>();
        micro::service service(here.config());
        service.endpoint("e", std::bind_front(wait_in_vain, seen));
        co_await service.start(here.connection);
        call(here, "e", "t", "x");
        co_await eventually("it runs", [&] { return seen->begun == 1; });
        co_await here.connection.flush();
        cancel(here, "t");
        co_await eventually("it has ended", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(seen->cancelled, 1);
        EXPECT_EQ(stats_of(service).errors, 0U) << stats_of(service).last_error;
    });
}

TEST_F(cancel_test, keeps_a_call_that_waits_in_line_from_being_begun) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto seen = std::make_shared<calls_seen>();
        const auto until = std::make_shared<asio::steady_timer>(here.connection.executor(), 1h);
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        opts.middleware.push_back(noting(seen));
        service.endpoint("e", std::bind_front(wait_at, seen, until), opts);
        co_await service.start(here.connection);
        auto replies = here.caller.subscribe("replies");
        call(here, "e", "", "opened", "replies");
        call(here, "e", "waits", "cancelled", "replies");
        call(here, "e", "", "opened", "replies");
        co_await eventually("two wait", [&] { return stats_of(service).waiting == 2; });
        co_await here.connection.flush();
        cancel(here, "waits");
        co_await here.caller.flush();
        co_await here.connection.flush();  // it was read
        until->expires_after(0s);
        for (int i = 0; i < 2; ++i) {
            const auto answer = co_await replies.next(20s);
            EXPECT_EQ(answer->payload(), "answered");
        }
        co_await eventually("all have ended", [&] { return stats_of(service).in_flight == 0; });
        co_await here.connection.flush();
        co_await here.caller.flush();
        EXPECT_FALSE(replies.try_next());
        EXPECT_EQ(seen->begun, 2);
        EXPECT_EQ(seen->statuses.at("opened"), 200);
        EXPECT_EQ(stats_of(service).requests, 3U);
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_EQ(stats_of(service).expired, 0U);
    });
}

TEST_F(cancel_test, ends_a_stream_whose_reader_has_no_control_of_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        const auto seen = std::make_shared<witness>();
        micro::service service(here.config());
        service.endpoint("e", [=] { return one_and_wait(seen, gate(never)); });
        co_await service.start(here.connection);
        micro::stream_options opts;
        opts.window = 0;
        opts.headers.add(micro::cancel_token_header, "t");
        const auto reader = reader_of(here.caller, "e", {}, opts);
        const auto item = co_await reader->next();
        EXPECT_EQ(item->payload(), "1");
        co_await here.connection.flush();
        cancel(here, "t");
        co_await eventually("the handler is gone", [&] { return seen->alive == 0; });
        co_await eventually("the call is over", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(seen->made, 1);
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_EQ(stats_of(service).expired, 0U);
    });
}

TEST_F(cancel_test, is_listened_for_once_and_only_for_a_call_that_can_be_ended) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            const auto seen = std::make_shared<calls_seen>();
            const auto until = std::make_shared<asio::steady_timer>(here.connection.executor(), 1h);
            const auto at_once = [](micro::request& req) { req.respond("answered"); };
            micro::service service(here.config());
            micro::endpoint_options opts;
            service.endpoint("inline", at_once);
            opts.threads = 1;
            service.endpoint("computes", at_once, opts);
            opts.threads = 0;
            opts.cancellable = false;
            service.endpoint("goes-on", std::bind_front(wait_at, seen, until), opts);
            service.endpoint("waits", std::bind_front(wait_at, seen, until));
            service.endpoint("waits-too", std::bind_front(wait_at, seen, until));
            co_await service.start(here.connection);
            auto replies = here.caller.subscribe("replies");
            for (const std::string endpoint : not_cancelled)
                call(here, endpoint, endpoint == "waits" ? "" : "t", "opened", "replies");
            co_await eventually("two wait", [&] { return seen->begun == 2; });
            cancel(here, "t");
            co_await here.caller.flush();
            co_await here.connection.flush();
            const auto none = co_await subscriptions(&here.server, here.connection);
            EXPECT_EQ(none, 0);
            until->expires_after(0s);
            for (const auto* const endpoint : not_cancelled) {
                const auto answer = co_await replies.next(20s);
                EXPECT_EQ(answer->payload(), "answered") << endpoint;
            }

            for (int i = 0; i < 3; ++i) {
                call(here, "waits", "t", "cancelled");
                call(here, "waits-too", "t", "cancelled");
            }
            co_await eventually("they run", [&] { return seen->begun == 8; });
            co_await here.connection.flush();
            const auto one = co_await subscriptions(&here.server, here.connection);
            EXPECT_EQ(one, 1);
            cancel(here, "t");
            co_await eventually("all have ended", [&] { return seen->cancelled == 6; });
            co_await service.stop();
            co_await here.connection.flush();
            auto asking = here.caller.request("mote.cancel.t", "");
            const auto nobody = co_await failure_of(std::move(asking));
            EXPECT_EQ(nobody.code, nats::errc::no_responders) << "of a service that has stopped";
            EXPECT_TRUE(here.failures->empty());
        },
        traced());
}

asio::awaitable<void> serve_without_permission(nats_server& server) {
    auto opts = options_for(server);
    opts.user = "s";
    opts.password = "p";
    const auto connection = co_await nats::connection::connect(opts);
    opts.user = "all";
    const auto caller = co_await nats::connection::connect(opts);
    world here{server, connection, caller};
    const auto seen = std::make_shared<calls_seen>();
    const auto until = std::make_shared<asio::steady_timer>(connection.executor(), 0s);
    micro::service service(here.config());
    service.endpoint("e", std::bind_front(wait_at, seen, until));
    co_await service.start(connection);
    nats::request_options asking;
    asking.headers.add(micro::cancel_token_header, "t");
    for (int i = 0; i < 3; ++i) {
        const auto answer = co_await caller.request("e", "opened", asking);
        EXPECT_EQ(answer.payload(), "answered");
    }
    co_await connection.flush();
    EXPECT_TRUE(server.wait_for_log("Subject \"mote.cancel.*\"", 60s));
    EXPECT_TRUE(here.failures->empty());
    EXPECT_TRUE(service.health().ready) << service.health().reason;
    EXPECT_EQ(stats_of(service).errors, 0U);
    EXPECT_EQ(connection.status(), nats::connection_status::connected);
    co_await connection.flush();
    const auto tried = co_await cancel_test::subscriptions(&server, connection);
    EXPECT_EQ(tried, 1);
    co_await service.stop();
    connection.close();
    caller.close();
}

TEST_F(cancel_test, is_not_heard_by_a_login_that_may_not_which_is_told_to_nobody_and_tried_once) {
    auto options = traced(
        "authorization { users = [\n"
        "{ user: s, password: p, permissions: { subscribe: { deny: [\"mote.cancel.>\"] } } },\n"
        "{ user: all, password: p } ] }\n");
    options.jetstream = false;
    nats_server server(std::move(options));
    run(serve_without_permission(server));
}

}  // namespace
}  // namespace mote::test
