#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <set>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;

class live_connect : public live_nats {};

asio::awaitable<failure> connect_failure(nats::options opts) {
    auto connecting = connection::connect(std::move(opts));
    co_return co_await failure_of(std::move(connecting));
}

/// What connecting with these options fails with.
failure refused(nats::options opts) {
    failure seen;
    run([](nats::options how, failure& out) -> asio::awaitable<void> {
        out = co_await connect_failure(std::move(how));
    }(std::move(opts), seen));
    return seen;
}

std::string dead_address() { return "127.0.0.1:" + std::to_string(free_port()); }

TEST_F(live_connect, knows_the_server_and_its_own_state) {
    nats_server_options options = core_only();
    options.name = "the-server";
    options.max_payload = 5000;
    connected(
        [](nats_server& server, connection nc) -> asio::awaitable<void> {
            EXPECT_EQ(nc.status(), connection_status::connected);
            EXPECT_EQ(nc.connected_server(), "127.0.0.1:" + std::to_string(server.port()));
            EXPECT_EQ(nc.server().server_name, "the-server");
            EXPECT_EQ(nc.server().port, server.port());
            EXPECT_EQ(nc.server().max_payload, 5000u);
            EXPECT_TRUE(nc.server().headers);
            EXPECT_FALSE(nc.server().jetstream);
            EXPECT_FALSE(nc.server().version.empty());
            EXPECT_GT(nc.server().client_id, 0u);
            EXPECT_TRUE(nc.on_executor());
            EXPECT_TRUE(nc.executor() == co_await asio::this_coro::executor);
            nc.close();
            EXPECT_EQ(nc.status(), connection_status::closed);
        },
        options);
}

TEST_F(live_connect, tells_the_server_who_it_is_and_what_it_can_do) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    opts.name = "orders \"7\"";
    opts.echo = false;
    run([](nats::options how) -> asio::awaitable<void> { co_await connection::connect(how); }(opts));
    const auto seen = proxy.connections().at(0).bytes(proxy_direction::to_target);
    for (const char* part :
         {R"("name":"orders \"7\"")", R"("lang":"c++")", R"("protocol":1)", R"("echo":false)", R"("headers":true)",
          R"("no_responders":true)", R"("verbose":false)", R"("pedantic":false)"})
        EXPECT_TRUE(contains(seen, part)) << part << "\n" << seen;
    for (const char* part : {"\"user\"", "\"pass\"", "\"auth_token\"", "\"jwt\"", "\"nkey\"", "\"sig\""})
        EXPECT_FALSE(contains(seen, part)) << part;
}

TEST_F(live_connect, offers_headers_only_to_servers_that_have_them) {
    std::string hello;
    {
        scripted_server server([&](scripted_link& link, int) {
            hello = link.greet(R"({"server_id":"S","max_payload":100})");
            link.read_all();
        });
        run([](std::string url) -> asio::awaitable<void> {
            co_await connection::connect(options_for(url));
        }(server.url()));
    }
    EXPECT_TRUE(contains(hello, R"("headers":false)")) << hello;
    EXPECT_TRUE(contains(hello, R"("no_responders":false)")) << hello;
}

TEST_F(live_connect, takes_the_first_server_of_the_list_that_answers) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.servers = {dead_address() + ", " + dead_address(), server.url()};
    opts.randomize_servers = false;
    run([](nats::options how, std::uint16_t port) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), "127.0.0.1:" + std::to_string(port));
    }(opts, server.port()));
}

TEST_F(live_connect, begins_anywhere_in_the_list_unless_told_otherwise) {
    const nats_server first(core_only());
    const nats_server second(core_only());
    auto opts = options_for(first);
    opts.servers = {first.url(), second.url()};
    run([](nats::options how, std::string first_name) -> asio::awaitable<void> {
        std::set<std::string> seen;
        for (int i = 0; i < 100 && seen.size() < 2; ++i) {
            const auto nc = co_await connection::connect(how);
            seen.insert(nc.connected_server());
        }
        EXPECT_EQ(seen.size(), 2u);
        how.randomize_servers = false;
        for (int i = 0; i < 10; ++i) {
            const auto nc = co_await connection::connect(how);
            EXPECT_EQ(nc.connected_server(), first_name);
        }
    }(opts, "127.0.0.1:" + std::to_string(first.port())));
}

TEST_F(live_connect, finds_a_server_by_its_name) {
    const nats_server server(core_only());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        co_await nc.flush();
    }("localhost:" + std::to_string(server.port())));
}

TEST_F(live_connect, says_which_addresses_refused_and_why) {
    auto opts = options_for(dead_address());
    const std::string second = dead_address();
    opts.servers.push_back("nats://me:hidden@" + second);
    const auto seen = refused(opts);
    EXPECT_EQ(seen.code, errc::connect_failed);
    EXPECT_TRUE(contains(seen.text, opts.servers[0] + ": Connection refused")) << seen.text;
    EXPECT_TRUE(contains(seen.text, second + ": Connection refused")) << seen.text;
    EXPECT_FALSE(contains(seen.text, "hidden")) << seen.text;
}

TEST_F(live_connect, fails_for_a_name_that_does_not_exist) {
    const auto seen = refused(options_for("no-such-host.invalid:4222"));
    EXPECT_EQ(seen.code, errc::connect_failed);
    EXPECT_TRUE(contains(seen.text, "no-such-host.invalid:4222: ")) << seen.text;
}

TEST_F(live_connect, gives_up_on_a_server_that_never_says_anything) {
    scripted_server server([](scripted_link& link, int) { link.read_all(); });
    auto opts = options_for(server.url());
    opts.connect_timeout = 100ms;
    const auto seen = refused(opts);
    EXPECT_EQ(seen.code, errc::connect_failed);
    EXPECT_TRUE(contains(seen.text, "no answer within the connect time-out")) << seen.text;
}

TEST_F(live_connect, gives_up_on_a_server_that_never_answers_the_handshake) {
    scripted_server server([](scripted_link& link, int) {
        link.send("INFO {\"server_id\":\"S\"}\r\n");
        link.read_all();
    });
    auto opts = options_for(server.url());
    opts.connect_timeout = 100ms;
    const auto seen = refused(opts);
    EXPECT_EQ(seen.code, errc::connect_failed);
    EXPECT_TRUE(contains(seen.text, "no answer within the connect time-out")) << seen.text;
}

TEST_F(live_connect, goes_on_to_the_next_server_when_one_never_answers) {
    scripted_server silent([](scripted_link& link, int) { link.read_all(); });
    const nats_server server(core_only());
    auto opts = options_for(silent.url());
    opts.servers.push_back(server.url());
    opts.randomize_servers = false;
    opts.connect_timeout = 100ms;
    run([](nats::options how, std::uint16_t port) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), "127.0.0.1:" + std::to_string(port));
    }(opts, server.port()));
}

TEST_F(live_connect, fails_clearly_at_what_is_not_a_nats_server) {
    struct greeting {
        std::string bytes;
        std::string reason;
    };
    const greeting greetings[] = {{"HTTP/1.1 400 Bad Request\r\n\r\n", "unknown operation"},
                                  {"INFO nonsense\r\n", "INFO is not a JSON object"},
                                  {"PING\r\n", "the server did not begin with INFO"},
                                  {"", ""}};
    for (const auto& each : greetings) {
        scripted_server server([&](scripted_link& link, int) { link.send(each.bytes); });
        const auto seen = refused(options_for(server.url()));
        EXPECT_EQ(seen.code, errc::connect_failed) << each.bytes;
        // A closed socket may be seen first as a reset.
        EXPECT_TRUE(each.bytes.empty() || contains(seen.text, each.reason)) << seen.text;
    }
}

TEST_F(live_connect, passes_on_why_the_server_refused) {
    nats_server_options options = core_only();
    options.config = "max_connections: 1";
    const nats_server server(options);
    run([](nats::options how) -> asio::awaitable<void> {
        auto first = how;
        first.retry_on_first_connect = true;  // until the server has forgotten who waited for its start
        const auto nc = co_await connection::connect(first);
        const auto seen = co_await connect_failure(how);
        EXPECT_EQ(seen.code, errc::too_many_connections);
        EXPECT_TRUE(contains(seen.text, "maximum connections exceeded")) << seen.text;
    }(options_for(server)));
}

TEST_F(live_connect, refuses_options_that_cannot_work) {
    auto opts = options_for("nats://me:hidden@");
    auto seen = refused(opts);
    EXPECT_EQ(seen.code, errc::bad_url);
    EXPECT_FALSE(contains(seen.text, "hidden")) << seen.text;
    opts.servers.clear();
    EXPECT_EQ(refused(opts).code, errc::bad_url);
    for (const char* prefix : {"", "a b", "a..b", "a.*", ">"}) {
        opts = options_for(dead_address());
        opts.inbox_prefix = prefix;
        EXPECT_EQ(refused(opts).code, errc::bad_subject) << prefix;
    }
}

TEST_F(live_connect, does_not_hear_itself_when_echo_is_off) {
    connected([](nats_server& server, connection other) -> asio::awaitable<void> {
        auto opts = options_for(server);
        opts.echo = false;
        const auto nc = co_await connection::connect(opts);
        auto sub = nc.subscribe("a");
        co_await nc.flush();
        nc.publish("a", "own");
        co_await nc.flush();
        other.publish("a", "other");
        const auto first = co_await sub.next(5s);
        EXPECT_EQ(first->payload(), "other");
        EXPECT_FALSE(sub.try_next().has_value());
    });
}

TEST_F(live_connect, is_refused_where_echo_cannot_be_switched_off) {
    std::string told;
    {
        scripted_server server([&](scripted_link& link, int) {
            link.send("INFO {\"server_id\":\"S\",\"version\":\"1.1.0\",\"max_payload\":1048576}\r\n");
            told = link.read_all();
        });
        auto opts = options_for(server.url());
        opts.echo = false;
        const auto seen = refused(opts);
        EXPECT_EQ(seen.code, errc::no_echo_not_supported);
        EXPECT_TRUE(contains(seen.text, "echo cannot be switched off at the server")) << seen.text;
    }
    EXPECT_EQ(told, "") << "nothing, no credentials either";
}

TEST_F(live_connect, hears_itself_by_default) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a");
        nc.publish("a", "own");
        const auto first = co_await sub.next(5s);
        EXPECT_EQ(first->payload(), "own");
    });
}

TEST_F(live_connect, waits_for_a_server_when_asked) {
    const auto port = free_port();
    auto opts = options_for("127.0.0.1:" + std::to_string(port));
    opts.retry_on_first_connect = true;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen, std::uint16_t free) -> asio::awaitable<void> {
        std::optional<connection> made;
        asio::co_spawn(co_await asio::this_coro::executor, connection::connect(how),
                       [&made](const std::exception_ptr&, connection nc) { made = nc; });
        EXPECT_TRUE(co_await seen.wait_for(event_kind::error));
        EXPECT_FALSE(made.has_value());
        EXPECT_EQ(seen.last(event_kind::error).error, errc::connect_failed);
        nats_server_options options = core_only();
        options.port = free;
        nats_server server(options);
        EXPECT_TRUE(co_await eventually([&made] { return made.has_value(); }));
        EXPECT_EQ(seen.last(event_kind::connected).server, made->connected_server());
        EXPECT_EQ(made->status(), connection_status::connected);
        EXPECT_EQ(made->stats().reconnects, 0u);
    }(opts, log, port));
}

TEST_F(live_connect, gives_up_waiting_after_as_many_rounds_as_asked) {
    auto opts = options_for(dead_address());
    opts.retry_on_first_connect = true;
    opts.reconnect.max_rounds = 3;
    const event_log log;
    log.watch(opts);
    EXPECT_EQ(refused(opts).code, errc::connect_failed);
    const std::vector<event_kind> expected{event_kind::error, event_kind::closed};  // the same again is no news
    EXPECT_EQ(log.kinds(), expected);
}

TEST_F(live_connect, can_be_cancelled_while_it_waits_for_the_server) {
    scripted_server server([](scripted_link& link, int) { link.read_all(); });
    run([](std::string url) -> asio::awaitable<void> {
        for (const bool retry : {false, true}) {
            asio::cancellation_signal cancel;
            auto opts = options_for(url);
            opts.retry_on_first_connect = retry;
            std::exception_ptr thrown;
            bool ended = false;
            const auto when_ended = [&](const std::exception_ptr& failed, const connection&) {
                thrown = failed;
                ended = true;
            };
            const auto executor = co_await asio::this_coro::executor;
            asio::co_spawn(executor, connection::connect(opts),
                           asio::bind_cancellation_slot(cancel.slot(), when_ended));
            asio::steady_timer turn(executor, 20ms);  // any moment will do
            co_await turn.async_wait(asio::use_awaitable);
            cancel.emit(asio::cancellation_type::terminal);
            EXPECT_TRUE(co_await eventually([&] { return ended; }));
            try {
                if (thrown) std::rethrow_exception(thrown);
                ADD_FAILURE() << "connected to a silent server";
            } catch (const boost::system::system_error& failed) {
                EXPECT_EQ(failed.code(), asio::error::operation_aborted) << failed.what();
            }
        }
    }(server.url()));
}

asio::awaitable<void> double_often(std::string url, std::atomic<int>& answered) {
    const auto nc = co_await connection::connect(options_for(url));
    EXPECT_TRUE(nc.on_executor());
    auto sub = nc.subscribe("double", [nc](const nats::message_view& message) {
        EXPECT_TRUE(nc.on_executor());
        nc.respond(message, std::string(message.payload) + std::string(message.payload));
    });
    for (int i = 0; i < 200; ++i) {
        const auto text = std::to_string(i);
        const auto reply = co_await nc.request("double", text);
        if (reply.payload() == text + text) ++answered;
    }
    co_await nc.drain();
}

TEST_F(live_connect, works_on_a_strand_of_many_threads) {
    const nats_server server(core_only());
    asio::io_context loop;
    std::atomic<int> answered = 0;
    asio::co_spawn(asio::make_strand(loop), double_often(server.url(), answered), asio::detached);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&loop] { loop.run_for(60s); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(answered, 200);
}

TEST_F(live_connect, works_on_a_strand_of_a_thread_pool) {
    const nats_server server(core_only());
    asio::thread_pool pool(3);
    std::atomic<int> answered = 0;
    asio::co_spawn(asio::make_strand(pool), double_often(server.url(), answered), asio::detached);
    pool.join();
    EXPECT_EQ(answered, 200);
}

TEST(connection, is_empty_until_it_is_connected) {
    const connection none;
    EXPECT_FALSE(none);
    none.close();
}

}  // namespace
}  // namespace mote::test
