#include <tests/nats/live_tls.hpp>
#include <tests/nats/scripted_server.hpp>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;

constexpr const char* wants_tls = "INFO {\"server_id\":\"S\",\"tls_required\":true,\"nonce\":\"abc\"}\r\n";

/// A text of so many bytes in which each place can be told from others.
std::string counted_text(std::size_t size, std::size_t start = 0) {
    std::string text;
    text.reserve(size + 16);
    for (auto number = start; text.size() < size; ++number) text += std::to_string(number) + ' ';
    text.resize(size);
    return text;
}

nats::options with_password(const scripted_server& server) {
    auto opts = options_for("127.0.0.1:" + std::to_string(server.port()));
    opts.user = "me";
    opts.password = "s3cret";
    return opts;
}

// ---- peers that do not play by the rules

TEST_F(live_tls, reads_nothing_that_came_in_plain_text_behind_info) {
    // Whoever is between could otherwise put messages there that seem to have come from the server.
    scripted_server server([](scripted_link& link, int) {
        link.send(std::string(wants_tls) + "MSG mine 1 5\r\nfaked\r\n");
        EXPECT_EQ(link.read_all(), "");
    });
    expect_refusal(with_password(server), errc::connect_failed, {"more than INFO before TLS"});
}

TEST_F(live_tls, tells_no_password_to_a_server_that_answers_in_plain_text) {
    std::string seen;
    {
        scripted_server server([&](scripted_link& link, int) {
            link.send(wants_tls);
            seen = link.read_some();
            link.send("PONG\r\nPONG\r\nPONG\r\n");
            link.read_all();
        });
        expect_refusal(with_password(server), errc::tls_failed, {"the server does not answer with TLS"});
    }
    EXPECT_EQ(seen.substr(0, 2), "\x16\x03");
    EXPECT_FALSE(contains(seen, "s3cret"));
}

TEST_F(live_tls, says_that_the_server_closed_in_the_handshake) {
    scripted_server server([](scripted_link& link, int) {
        link.send(wants_tls);
        link.read_some();
    });
    expect_refusal(with_password(server), errc::tls_failed, {"the server closed the connection in the handshake"});
}

TEST_F(live_tls, is_given_up_in_time_when_the_server_says_nothing_in_the_handshake) {
    scripted_server server([](scripted_link& link, int) {
        link.send(wants_tls);
        link.read_all();
    });
    auto opts = with_password(server);
    opts.connect_timeout = 300ms;
    expect_refusal(opts, errc::connect_failed, {"no answer within the connect time-out"});
}

TEST_F(live_tls, can_be_cancelled_in_the_handshake) {
    std::atomic<bool> begun = false;
    scripted_server server([&](scripted_link& link, int) {
        link.send(wants_tls);
        link.read_some();
        begun = true;
        link.read_all();
    });
    auto opts = with_password(server);
    opts.connect_timeout = 20s;
    asio::io_context loop;
    asio::cancellation_signal stop;
    std::optional<boost::system::error_code> ended;
    asio::co_spawn(loop, connection::connect(opts),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr thrown, connection) {
                       try {
                           ended.emplace();
                           if (thrown) std::rethrow_exception(thrown);
                       } catch (const boost::system::system_error& failed) {
                           ended = failed.code();
                       }
                   }));
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!begun && std::chrono::steady_clock::now() < limit) loop.run_for(1ms);
    EXPECT_TRUE(begun);
    stop.emit(asio::cancellation_type::terminal);
    loop.run_for(20s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, asio::error::operation_aborted);
}

// ---- much

TEST_F(live_tls, carries_a_mebibyte_both_ways) {
    const nats_server server(with_tls());
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        const auto other = co_await connection::connect(how);
        auto echo =
            other.subscribe("echo", [&](const nats::message_view& asked) { other.respond(asked, asked.payload); });
        co_await other.flush();
        for (const std::size_t size : {std::size_t(0), std::size_t(1), std::size_t(16383), std::size_t(16384),
                                       std::size_t(16385), std::size_t(1024 * 1024)}) {
            const auto text = counted_text(size);
            nats::request_options patience;
            patience.timeout = 20s;
            const auto reply = co_await nc.request("echo", text, patience);
            EXPECT_TRUE(reply.payload() == text) << size << " bytes became " << reply.payload().size();
        }
    }(trusting(server)));
}

TEST_F(live_tls, loses_and_doubles_nothing_when_the_socket_takes_bytes_in_pieces) {
    const nats_server server(with_tls());
    tcp_proxy proxy(server.port());
    run([](nats::options slow, nats::options fast, tcp_proxy& between) -> asio::awaitable<void> {
        slow.max_outbound_bytes = 64 * 1024 * 1024;
        const auto nc = co_await connection::connect(slow);
        const auto reader = co_await connection::connect(fast);
        nats::subscribe_options roomy;
        roomy.max_pending_bytes = 64 * 1024 * 1024;
        auto sub = reader.subscribe("bulk", roomy);
        co_await reader.flush();
        constexpr std::size_t count = 300;
        constexpr std::size_t size = 100 * 1000;
        for (std::size_t round = 0; round < 3; ++round) {
            between.stall();  // until the buffers of the sockets are full, in the middle of a record
            for (std::size_t each = 0; each < count / 3; ++each) {
                nc.publish("bulk", counted_text(size, round * count + each));
                co_await turn();  // many writes, most of which have to wait
            }
            between.resume();
            co_await nc.flush(30s);
        }
        for (std::size_t round = 0; round < 3; ++round)
            for (std::size_t each = 0; each < count / 3; ++each) {
                const auto got = co_await sub.next(20s);
                if (!got) {
                    ADD_FAILURE() << "only " << round << " rounds and " << each;
                    co_return;
                }
                EXPECT_TRUE(got->payload() == counted_text(size, round * count + each)) << round << " " << each;
            }
        auto more = sub.next(50ms);
        const auto nothing = co_await failure_of(std::move(more));
        EXPECT_EQ(nothing.code, errc::timeout);
        EXPECT_EQ(nc.stats().reconnects + reader.stats().reconnects, 0u);
    }(trusting("localhost:" + std::to_string(proxy.port())), trusting(server), proxy));
}

TEST_F(live_tls, reads_on_while_it_cannot_write) {
    // Both directions are full at once: a side that only wrote, or only read, would stand still for ever.
    const nats_server server(with_tls());
    run([](nats::options how) -> asio::awaitable<void> {
        how.max_outbound_bytes = 128 * 1024 * 1024;
        const auto nc = co_await connection::connect(how);
        nats::subscribe_options roomy;
        roomy.max_pending_bytes = 128 * 1024 * 1024;
        auto mine = nc.subscribe("mine", roomy);
        constexpr std::size_t count = 400;
        const auto text = counted_text(100 * 1000);
        for (std::size_t each = 0; each < count; ++each) nc.publish("mine", text);
        for (std::size_t each = 0; each < count; ++each) {
            const auto got = co_await mine.next(20s);
            if (!got || got->payload() != text) {
                ADD_FAILURE() << "message " << each << " is not what was sent";
                co_return;
            }
        }
    }(trusting(server)));
}

// ---- links that die

TEST_F(live_tls, comes_back_after_the_server_was_killed_under_load) {
    nats_server server(with_tls());
    run([](nats::options how, nats_server& killed) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        how.max_outbound_bytes = 64 * 1024 * 1024;
        const auto nc = co_await connection::connect(how);
        std::uint64_t last = 0;
        bool in_order = true;
        auto sub = nc.subscribe("load", [&](const nats::message_view& got) {
            const auto number = std::stoull(std::string(got.payload));
            in_order = in_order && number > last;
            last = number;
        });
        std::uint64_t sent = 0;
        const auto load = [&](int messages) {
            for (int each = 0; each < messages; ++each)
                nc.publish("load", std::to_string(++sent) + " " + std::string(2000, 'x'));
        };
        for (std::uint64_t time = 1; time <= 3; ++time) {
            load(200);
            EXPECT_TRUE(co_await eventually([&] { return last > 0; }));
            load(200);
            killed.kill();
            load(200);
            killed.restart();
            co_await wait_reconnected(nc, time);
            load(1);
            const auto expected = sent;
            EXPECT_TRUE(co_await eventually([&] { return last == expected; })) << last << " of " << expected;
        }
        EXPECT_TRUE(in_order);
        EXPECT_EQ(log.count(event_kind::disconnected), 3u);
        EXPECT_EQ(log.count(event_kind::closed), 0u);
    }(trusting(server), server));
}

TEST_F(live_tls, that_stalls_is_noticed_by_the_pings) {
    const nats_server server(with_tls());
    tcp_proxy proxy(server.port());
    auto opts = trusting("localhost:" + std::to_string(proxy.port()));
    opts.ping_interval = 50ms;
    opts.connect_timeout = 500ms;
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const event_log log;
        log.watch(how);
        const auto nc = co_await connection::connect(how);
        between.stall();
        EXPECT_TRUE(co_await log.wait_for(event_kind::disconnected));
        EXPECT_EQ(log.last(event_kind::disconnected).error, errc::stale_connection);
        between.resume();
        co_await wait_reconnected(nc, 1);
        nc.close();
    }(opts, proxy));
}

TEST_F(live_tls, ends_with_a_close_notify_and_drains_before) {
    const nats_server server(with_tls());
    tcp_proxy proxy(server.port());
    run([](nats::options how, nats::options direct) -> asio::awaitable<void> {
        const auto reader = co_await connection::connect(direct);
        auto sub = reader.subscribe("last");
        co_await reader.flush();
        const auto nc = co_await connection::connect(how);
        nc.publish("last", counted_text(500 * 1000));
        co_await nc.drain();
        const auto got = co_await sub.next(20s);
        EXPECT_TRUE(got && got->payload() == counted_text(500 * 1000));
    }(trusting("localhost:" + std::to_string(proxy.port())), trusting(server)));
    ASSERT_TRUE(proxy.wait_until([](const auto& all) { return !all.empty() && !all.front().open; }, 10s));
    const auto sent = proxy.connections().front().bytes(proxy_direction::to_target);
    ASSERT_GT(sent.size(), 24u);
    // An alert in TLS 1.3 is sealed as data: one byte more than its two, and 16 of the seal.
    EXPECT_EQ(sent.substr(sent.size() - 24, 5), std::string("\x17\x03\x03\x00\x13", 5));
}

}  // namespace
}  // namespace mote::test
