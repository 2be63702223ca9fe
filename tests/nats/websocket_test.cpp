#include <tests/nats/live_websocket.hpp>

#include <mote/nats/headers.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;

/// Bytes that do not compress well, and differ.
std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 2463534242U + static_cast<std::uint32_t>(size);
    for (auto& each : text) {
        state ^= state << 13U;
        state ^= state >> 17U;
        state ^= state << 5U;
        each = static_cast<char>(state & 0xffU);
    }
    return text;
}

/// Requests and replies of all sizes at which a frame's head changes, with headers.
asio::awaitable<void> echo_all_sizes(nats::options opts) {
    const auto nc = co_await connection::connect(opts);
    auto echo = nc.subscribe("echo", [&](const nats::message_view& asked) {
        nats::headers back;
        back.add("Size", std::to_string(asked.payload.size()));
        nc.respond(asked, asked.payload, &back);
    });
    nats::request_options asking;
    asking.headers.add("Some", "thing");
    const std::size_t sizes[] = {
        0, 1, 125, 126, 127, 32 * 1024 - 1, 32 * 1024, 65'535, 65'536, 1024 * 1024, 1024 * 1024 + 1, 5 * 1024 * 1024};
    for (const auto size : sizes) {
        const auto payload = noise(size);
        const auto answer = co_await nc.request("echo", payload, asking);
        EXPECT_TRUE(answer.payload() == payload) << size;
        EXPECT_EQ(answer.headers().get("Size"), std::to_string(size));
    }
}

/// Sends many messages at once, and gets each once and in order.
asio::awaitable<void> talk_a_lot(connection nc, int count) {
    nats::subscribe_options all;
    all.max_pending_messages = static_cast<std::size_t>(count);
    auto mine = nc.subscribe("mine", all);
    for (int i = 0; i < count; ++i) nc.publish("mine", std::to_string(i));
    for (int i = 0; i < count; ++i) {
        const auto got = co_await mine.next(20s);
        if (!got || got->payload() != std::to_string(i)) {
            ADD_FAILURE() << "at " << i << ": " << (got ? std::string(got->payload()) : "nothing");
            co_return;
        }
    }
}

// ---- what goes through

TEST_F(live_websocket, carries_messages_of_any_size_with_headers) {
    const nats_server server(over_websocket());
    run(echo_all_sizes(patient(url())));
}

TEST_F(live_websocket, carries_many_small_messages_in_order) {
    const nats_server server(over_websocket());
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        co_await talk_a_lot(nc, 20'000);
        co_await nc.drain();
    }(patient(url())));
}

TEST_F(live_websocket, may_be_asked_for_without_the_port_of_other_clients) {
    const nats_server server(over_websocket());
    const tcp_proxy proxy(port);
    auto opts = patient(url_at(proxy.port()) + "/some/path");
    opts.websocket.headers = {{"Authorization", "Bearer s3cr3t"}, {"X-One", "1"}};
    const event_log log;
    log.watch(opts);
    run(talk(opts));
    const auto seen = proxy.connections().at(0).bytes(proxy_direction::to_target);
    EXPECT_TRUE(seen.starts_with("GET /some/path HTTP/1.1\r\n")) << seen.substr(0, 40);
    EXPECT_TRUE(contains(seen, "\r\nHost: localhost:" + std::to_string(proxy.port()) + "\r\n"));
    EXPECT_TRUE(contains(seen, "\r\nAuthorization: Bearer s3cr3t\r\n"));
    EXPECT_TRUE(contains(seen, "\r\nX-One: 1\r\n"));
    EXPECT_FALSE(contains(seen, "permessage-deflate"));
    EXPECT_FALSE(contains(log.text(), "s3cr3t"));
}

TEST_F(live_websocket, ends_with_a_close_frame) {
    const nats_server server(over_websocket());
    const tcp_proxy proxy(port);
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        co_await nc.flush();
        nc.close();
    }(patient(url_at(proxy.port()))));
    EXPECT_TRUE(proxy.wait_until([](const auto& seen) { return !seen.empty() && !seen.front().open; }, 20s));
    const auto sent = proxy.connections().at(0).bytes(proxy_direction::to_target);
    ASSERT_GE(sent.size(), 8u);
    const auto last = sent.substr(sent.size() - 8);  // head, mask, code 1000
    EXPECT_EQ(last.substr(0, 2), "\x88\x82");
    EXPECT_EQ((last[6] ^ last[2]) & 0xff, 1000 >> 8);
    EXPECT_EQ((last[7] ^ last[3]) & 0xff, 1000 & 0xff);
}

TEST_F(live_websocket, logs_in_as_all_connections) {
    auto options = over_websocket();
    options.user = "me";
    options.password = "s3cr3t";
    const nats_server server(options);
    run(talk(patient("ws://me:s3cr3t@localhost:" + std::to_string(port))));
    auto opts = patient(url());
    expect_refusal(opts, errc::auth_failed, {"Authorization Violation"});
    opts.user = "me";
    opts.password = "s3cr3t";
    run(talk(opts));
}

// ---- links that break, and links that are slow

TEST_F(live_websocket, is_made_again_when_the_server_comes_back) {
    nats_server server(over_websocket());
    run([](nats::options opts, nats_server& dies) -> asio::awaitable<void> {
        const event_log log;
        log.watch(opts);
        const auto nc = co_await connection::connect(opts);
        auto mine = nc.subscribe("mine");
        for (std::uint64_t times = 1; times <= 2; ++times) {
            dies.kill();
            const bool noticed = co_await log.wait_for(nats::event_kind::disconnected, times);
            EXPECT_TRUE(noticed);
            nc.publish("mine", "meanwhile");
            dies.restart();
            co_await wait_reconnected(nc, times);
            const auto got = co_await mine.next(20s);
            EXPECT_TRUE(got && got->payload() == "meanwhile");
        }
    }(patient(url()), server));
}

TEST_F(live_websocket, waits_for_a_slow_server_with_bounded_memory) {
    const nats_server server(over_websocket());
    tcp_proxy proxy(port);
    auto opts = patient(url_at(proxy.port()));
    opts.max_outbound_bytes = 16 * 1024 * 1024;
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int got = 0;
        bool in_order = true;
        auto mine = nc.subscribe("mine", [&](const nats::message_view& one) {
            in_order = in_order && one.headers.empty() && one.payload.starts_with(std::to_string(got) + " ");
            ++got;
        });
        co_await nc.flush();
        between.stall();
        int sent = 0;
        failure refused;
        while (!refused.code && sent < 1000) {
            refused = failure_at_once([&] { nc.publish("mine", std::to_string(sent) + " " + noise(256 * 1024)); });
            sent += refused.code ? 0 : 1;
            co_await turn();
        }
        EXPECT_EQ(refused.code, errc::outbound_buffer_full);
        EXPECT_GE(sent, 60);
        between.resume();
        co_await nc.flush(20s);
        EXPECT_EQ(got, sent);
        EXPECT_TRUE(in_order);
        EXPECT_EQ(nc.stats().reconnects, 0u);
    }(opts, proxy));
}

TEST_F(live_websocket, can_be_cancelled_while_it_waits_for_the_server) {
    const nats_server server(over_websocket());
    tcp_proxy proxy(port);
    proxy.stall();
    auto opts = patient(url_at(proxy.port()));
    opts.connect_timeout = 50s;
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        asio::cancellation_signal cancel;
        bool ended = false;
        const auto when_ended = [&ended](const std::exception_ptr&, const connection&) { ended = true; };
        const auto executor = co_await asio::this_coro::executor;
        asio::co_spawn(executor, connection::connect(how), asio::bind_cancellation_slot(cancel.slot(), when_ended));
        const bool there = co_await eventually([&between] { return between.open_connections() == 1; });
        EXPECT_TRUE(there);
        co_await turn();
        cancel.emit(asio::cancellation_type::terminal);
        const bool in_time = co_await eventually([&ended] { return ended; });
        EXPECT_TRUE(in_time);
    }(opts, proxy));
}

TEST_F(live_websocket, goes_to_another_server_of_the_cluster_that_was_discovered) {
    const auto route = free_port();
    const auto other_port = free_port();
    const auto member = [&](std::uint16_t listen, std::uint16_t web, const std::string& routes) {
        auto options = core_only();
        options.config = websocket_config(web) + "cluster { name: c, listen: \"127.0.0.1:" + std::to_string(listen) +
                         "\"" + routes + " }\n";
        return options;
    };
    nats_server first(member(route, port, ""));
    const nats_server second(
        member(free_port(), other_port, ", routes: [ \"nats://127.0.0.1:" + std::to_string(route) + "\" ]"));
    run([](nats::options opts, nats_server& dies, std::string other) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        const bool known = co_await eventually([&nc] { return nc.server().connect_urls.size() == 2; });
        EXPECT_TRUE(known);
        dies.kill();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), other);
    }(patient(url()), first, "127.0.0.1:" + std::to_string(other_port)));
}

TEST_F(live_websocket, may_live_on_a_strand_of_several_threads) {
    const nats_server server(over_tls(authority.give("DNS:localhost")));
    auto opts = trusting(url("wss"));
    opts.websocket.compression = true;
    asio::thread_pool pool(3);
    const auto strand = asio::make_strand(asio::any_io_executor(pool.get_executor()));
    const auto work = [](nats::options how) -> asio::awaitable<int> {
        const auto nc = co_await connection::connect(how);
        int got = 0;
        auto mine = nc.subscribe("mine", [&](const nats::message_view&) { ++got; });
        std::thread elsewhere([nc] {
            for (int i = 0; i < 2000; ++i) nc.publish("mine", std::string(100, 'x'));
        });
        for (int i = 0; i < 2000; ++i) {
            nc.publish("mine", std::string(100, 'x'));
            if (i % 100 == 0) co_await nc.flush();
        }
        elsewhere.join();
        const bool all = co_await eventually([&got] { return got == 4000; });
        EXPECT_TRUE(all);
        co_await nc.drain();
        co_return got;
    };
    EXPECT_EQ(asio::co_spawn(strand, work(opts), asio::use_future).get(), 4000);
    pool.join();
}

// ---- compression

TEST_F(live_websocket, is_compressed_when_both_want_it) {
    const nats_server server(over_websocket("no_tls: true, compression: true"));
    const tcp_proxy proxy(port);
    auto opts = patient(url_at(proxy.port()));
    opts.websocket.compression = true;
    run(echo_all_sizes(opts));
    const auto before = proxy.connections().size();
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto mine = nc.subscribe("mine");
        nc.publish("mine", std::string(2'000'000, 'x'));
        const auto got = co_await mine.next(20s);
        EXPECT_TRUE(got && got->payload() == std::string(2'000'000, 'x'));
        co_await talk_a_lot(nc, 5000);
    }(opts));
    const auto last = proxy.connections().at(before);
    EXPECT_LT(last.bytes(proxy_direction::to_target).size(), 500'000u);
    EXPECT_LT(last.bytes(proxy_direction::to_client).size(), 500'000u);
}

TEST_F(live_websocket, is_not_compressed_when_one_of_both_does_not_want_it) {
    {
        const nats_server server(over_websocket());
        auto opts = patient(url());
        opts.websocket.compression = true;
        run(echo_all_sizes(opts));
    }
    const nats_server server(over_websocket("no_tls: true, compression: true"));
    run(echo_all_sizes(patient(url())));
}

// ---- TLS

TEST_F(live_websocket, goes_over_tls_with_a_certificate_for_the_host) {
    const nats_server server(over_tls(authority.give("DNS:localhost,IP:127.0.0.1")));
    const tcp_proxy proxy(port);
    run(echo_all_sizes([&] {
        auto opts = patient(url("wss"));
        opts.tls.ca = authority.file();
        return opts;
    }()));
    auto opts = trusting(url_at(proxy.port(), "wss"));
    opts.user = "me";
    opts.password = "s3cr3t";
    run(talk(opts));
    for (const auto direction : {proxy_direction::to_target, proxy_direction::to_client}) {
        const auto seen = proxy.connections().at(0).bytes(direction);
        EXPECT_GT(seen.size(), 300u);
        for (const char* word : {"HTTP", "CONNECT", "INFO", "s3cr3t", "hello"})
            EXPECT_FALSE(contains(seen, word)) << word;
    }
}

TEST_F(live_websocket, refuses_a_certificate_of_a_stranger_or_for_another_host) {
    {
        const nats_server server(over_tls(stranger.give("DNS:localhost")));
        expect_refusal(
            trusting(url("wss")), errc::bad_certificate,
            {"localhost:" + std::to_string(port), "\"localhost\"", "unable to get local issuer certificate"});
    }
    const nats_server server(over_tls(authority.give("DNS:elsewhere.example")));
    auto opts = trusting(url("wss"));
    expect_refusal(opts, errc::bad_certificate, {"for \"localhost\"", "ostname mismatch"});
    opts.tls.server_name = "elsewhere.example";
    run(talk(opts));
}

TEST_F(live_websocket, has_tls_also_when_only_the_options_want_it) {
    const nats_server server(over_tls(authority.give("DNS:localhost")));
    run(talk(trusting(url("ws"))));  // a `ca` is a wish for TLS
    auto opts = patient(url("ws"));
    expect_refusal(opts, errc::connect_failed, {"localhost:" + std::to_string(port), "HTTP"});
}

TEST_F(live_websocket, with_tls_is_refused_by_a_server_without) {
    const nats_server server(over_websocket());
    expect_refusal(trusting(url("wss")), errc::tls_failed, {"the server does not answer with TLS"});
    expect_refusal(trusting(url("ws")), errc::tls_failed, {"the server does not answer with TLS"});
}

TEST_F(live_websocket, does_no_second_tls_when_other_clients_need_it) {
    auto options = over_tls(authority.give("DNS:localhost"));
    options.config += tls_config(authority.give("DNS:localhost"));
    const nats_server server(options);
    run(talk(trusting(url("wss"))));
}

TEST_F(live_websocket, without_tls_is_for_a_server_that_needs_it_of_other_clients_only) {
    auto options = over_websocket();
    options.config += tls_config(authority.give("DNS:localhost"));
    const nats_server server(options);
    run(talk(patient(url())));
}

TEST_F(live_websocket, over_tls_waits_for_a_slow_server) {
    const nats_server server(over_tls(authority.give("DNS:localhost")));
    tcp_proxy proxy(port);
    auto opts = patient(url_at(proxy.port(), "wss"));
    opts.tls.ca = authority.file();
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int got = 0;
        auto mine = nc.subscribe("mine", [&](const nats::message_view&) { ++got; });
        co_await nc.flush();
        between.stall();
        for (int i = 0; i < 24; ++i) {
            nc.publish("mine", noise(256 * 1024));
            co_await turn();
        }
        between.resume();
        co_await nc.flush(20s);
        EXPECT_EQ(got, 24);
        EXPECT_EQ(nc.stats().reconnects, 0u);
    }(opts, proxy));
}

}  // namespace
}  // namespace mote::test
