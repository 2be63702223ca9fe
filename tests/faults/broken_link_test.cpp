#include <tests/nats/live.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;
using nats::message_view;

/// Links that stall without closing, deliver a byte at a time, or break in the middle of a message.
class live_broken_link : public live_nats {};

// ---- stalled

asio::awaitable<void> outlive_a_stall(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    auto echo = near.subscribe("echo", [near](const message_view& asked) { near.respond(asked, asked.payload); });
    std::vector<std::string> heard;
    auto listener = near.subscribe("said", [&](const message_view& message) { heard.emplace_back(message.payload); });
    co_await near.flush();

    auto opts = options_for(through(between));
    opts.ping_interval = 200ms;
    opts.max_pings_out = 2;
    opts.connect_timeout = 1s;
    const event_log log;
    log.watch(opts);
    const auto nc = co_await connection::connect(opts);
    auto sub = nc.subscribe("news");
    co_await nc.flush();
    between.stall();
    nc.publish("said", "into the stalled link");  // lost with it, or not: it was written
    nats::request_options ask;
    ask.timeout = 100ms;
    auto asking = nc.request("echo", "x", ask);
    const auto unanswered = co_await failure_of(std::move(asking));
    EXPECT_EQ(unanswered.code, errc::timeout) << unanswered.text;
    const bool noticed = co_await log.wait_for(event_kind::disconnected);
    EXPECT_TRUE(noticed);
    EXPECT_EQ(log.last(event_kind::disconnected).error, errc::stale_connection);
    nc.publish("said", "while it is away");
    // Whoever is behind the stalled proxy is not there.
    const bool told = co_await log.wait_for(event_kind::error);
    EXPECT_TRUE(told);
    EXPECT_TRUE(contains(log.last(event_kind::error).detail, "no answer within the connect time-out")) << log.text();
    between.resume();
    co_await wait_reconnected(nc, 1);
    const auto answer = co_await nc.request("echo", "y");
    EXPECT_EQ(answer.payload(), "y");
    near.publish("news", "on the new link");
    const auto news = co_await sub.next(20s);
    EXPECT_EQ(news ? news->payload() : "nothing", "on the new link");
    const bool came = co_await eventually([&] { return !heard.empty() && heard.back() == "while it is away"; });
    EXPECT_TRUE(came);
    EXPECT_LE(heard.size(), 2u);
}

TEST_F(live_broken_link, is_noticed_by_pings_when_it_stalls_without_closing) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(outlive_a_stall(server, proxy));
}

asio::awaitable<void> fill_up(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    std::vector<std::string> heard;
    auto listener = near.subscribe("said", [&](const message_view& message) { heard.emplace_back(message.payload); });
    co_await near.flush();
    auto opts = options_for(through(between));
    opts.max_outbound_bytes = 100'000;
    const auto nc = co_await connection::connect(opts);
    between.stall();
    std::vector<std::string> taken;
    failure refused;
    for (bool full = false; !full;) {
        auto text = std::to_string(taken.size()) + std::string(10'000, '.');
        refused = failure_at_once([&] { nc.publish("said", text); });
        if (!refused.code) {
            taken.push_back(std::move(text));
            continue;
        }
        // It may only wait for the next write. When not even this passes, the kernel's buffers are full as well.
        const auto before = taken.size();
        auto flushing = nc.flush(200ms);
        (void)co_await failure_of(std::move(flushing));
        refused = failure_at_once([&] { nc.publish("said", text); });
        if (!refused.code) taken.push_back(std::move(text));
        full = taken.size() == before;
    }
    EXPECT_EQ(refused.code, errc::outbound_buffer_full) << refused.text;
    EXPECT_GT(taken.size(), 10u);
    between.resume();
    co_await nc.flush(20s);
    co_await near.flush();
    EXPECT_TRUE(heard == taken) << heard.size() << " of " << taken.size();
    EXPECT_EQ(nc.stats().reconnects, 0u);
    nc.publish("said", "on");
    co_await nc.flush();
    const bool came = co_await eventually([&] { return heard.back() == "on"; });
    EXPECT_TRUE(came);
}

TEST_F(live_broken_link, delivers_all_that_was_taken_when_it_stalls_until_the_buffer_is_full) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(fill_up(server, proxy));
}

// ---- a byte at a time

asio::awaitable<void> talk_slowly(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    auto echo = near.subscribe("echo", [near](const message_view& asked) {
        const nats::headers headers{{"From", "here"}};
        near.respond(asked, asked.payload, &headers);
    });
    co_await near.flush();
    between.trickle();
    const auto nc = co_await connection::connect(options_for(through(between)));
    auto sub = nc.subscribe("a");
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{5000}}) {
        const std::string text(size, 'x');
        nc.publish("a", text, nats::headers{{"Size", std::to_string(size)}});
        const auto message = co_await sub.next(20s);
        if (!message) throw std::runtime_error("nothing came");
        EXPECT_TRUE(message->payload() == text) << size;
        EXPECT_EQ(message->headers().get("Size"), std::to_string(size));
        const auto answer = co_await nc.request("echo", text);
        EXPECT_TRUE(answer.payload() == text) << size;
        EXPECT_EQ(answer.headers().get("From"), "here");
    }
    EXPECT_EQ(nc.stats().reconnects, 0u);
    const auto seen = between.connections().at(0);
    for (const auto& each : seen.chunks) EXPECT_EQ(each.bytes.size(), 1u);
}

TEST_F(live_broken_link, carries_everything_when_it_delivers_a_byte_at_a_time) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(talk_slowly(server, proxy));
}

// ---- cut within a message

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz";

/// Payloads that are all of one length, so that a place in the frame is the same place in each.
std::string numbered(std::size_t number) {
    const auto digits = std::to_string(1000 + number);
    return digits + std::string(alphabet);
}

/// Each of `heard` is one of those that were sent, whole, and no two are the same.
void expect_whole(const std::vector<std::string>& heard, std::size_t sent) {
    std::set<std::string> expected;
    for (std::size_t i = 0; i < sent; ++i) expected.insert(numbered(i));
    for (const auto& each : heard) EXPECT_EQ(expected.erase(each), 1u) << each;
}

asio::awaitable<void> cut_what_is_sent(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    std::vector<std::string> heard;
    auto listener = near.subscribe("a", [&](const message_view& message) { heard.emplace_back(message.payload); });
    co_await near.flush();
    const auto nc = co_await connection::connect(options_for(through(between)));
    const auto frame = "PUB a 30\r\n" + numbered(0) + "\r\n";
    for (std::size_t cut = 0; cut < frame.size(); ++cut) {
        between.cut_after(proxy_direction::to_target, cut);
        nc.publish("a", numbered(cut));
        co_await wait_reconnected(nc, cut + 1);
        co_await near.flush();
        EXPECT_EQ(heard.size(), 0u) << "cut after " << cut;
    }
    // Behind its last byte, within the PING of the flush: that one may have come.
    between.cut_after(proxy_direction::to_target, frame.size());
    nc.publish("a", numbered(frame.size()));
    co_await wait_reconnected(nc, frame.size() + 1);
    nc.publish("a", numbered(frame.size() + 1));
    co_await nc.flush();
    const bool came = co_await eventually([&] { return !heard.empty() && heard.back() == numbered(frame.size() + 1); });
    EXPECT_TRUE(came);
    EXPECT_LE(heard.size(), 2u);
    expect_whole(heard, frame.size() + 2);
}

TEST_F(live_broken_link, delivers_no_part_of_a_message_that_is_cut_on_its_way_to_the_server) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(cut_what_is_sent(server, proxy));
}

asio::awaitable<void> cut_a_large_one(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    std::vector<std::string> heard;
    auto listener = near.subscribe("a", [&](const message_view& message) { heard.emplace_back(message.payload); });
    co_await near.flush();
    const auto nc = co_await connection::connect(options_for(through(between)));
    std::vector<std::string> sent;
    for (std::uint64_t round = 1; round <= 4; ++round) {
        between.cut_after(proxy_direction::to_target, round * 200'000);
        sent.emplace_back(900'000, static_cast<char>('0' + round));
        nc.publish("a", sent.back());
        co_await wait_reconnected(nc, round);
    }
    sent.emplace_back("the last one");
    nc.publish("a", sent.back());
    co_await nc.flush();
    const bool came = co_await eventually([&] { return !heard.empty() && heard.back() == sent.back(); });
    EXPECT_TRUE(came);
    // Whole, in order, none twice; one that the kernel had taken wholly may be lost.
    std::size_t at = 0;
    for (const auto& each : heard) {
        while (at < sent.size() && sent[at] != each) ++at;
        EXPECT_LT(at++, sent.size()) << "torn, twice or out of order: " << each.size() << " bytes";
    }
}

TEST_F(live_broken_link, delivers_a_large_message_whole_or_not_at_all_when_it_is_cut) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(cut_a_large_one(server, proxy));
}

asio::awaitable<void> cut_what_is_received(const nats_server& server, tcp_proxy& between) {
    const auto near = co_await connect_to(server);
    const auto nc = co_await connection::connect(options_for(through(between)));
    std::vector<std::string> heard;
    auto sub = nc.subscribe("a", [&](const message_view& message) { heard.emplace_back(message.payload); });
    co_await nc.flush();
    const auto frame = "MSG a 1 30\r\n" + numbered(0) + "\r\n";
    for (std::size_t cut = 0; cut < frame.size(); ++cut) {
        const auto before = heard.size();
        between.cut_after(proxy_direction::to_client, cut);
        near.publish("a", numbered(cut));
        co_await near.flush();
        co_await wait_reconnected(nc, cut + 1);
        co_await nc.flush();
        EXPECT_EQ(heard.size(), before) << "cut after " << cut;
    }
    near.publish("a", numbered(frame.size()));
    const bool came = co_await eventually([&] { return !heard.empty(); });
    EXPECT_TRUE(came);
    EXPECT_EQ(heard.size(), 1u);
    expect_whole(heard, frame.size() + 1);
}

TEST_F(live_broken_link, shows_no_part_of_a_message_that_is_cut_on_its_way_to_the_subscriber) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run(cut_what_is_received(server, proxy));
}

// ---- a slow consumer beside a fast one, on two connections

asio::awaitable<void> hear_at_two_speeds(const nats_server& server, tcp_proxy& between) {
    constexpr std::size_t count = 4000;
    const auto fast = co_await connect_to(server);
    const auto slow = co_await connection::connect(options_for(through(between)));
    const auto publisher = co_await connect_to(server);
    std::size_t heard_fast = 0;
    std::size_t heard_slow = 0;
    std::string last;
    auto all = fast.subscribe("a", [&](const message_view& message) {
        EXPECT_TRUE(message.payload.starts_with(std::to_string(heard_fast) + ".")) << message.payload.substr(0, 8);
        ++heard_fast;
    });
    auto some = slow.subscribe("a", [&](const message_view& message) {
        ++heard_slow;
        last = message.payload;
    });
    co_await fast.flush();
    co_await slow.flush();
    between.stall();  // a client that does not read
    const std::string body(10'000, '.');
    for (std::size_t i = 0; i < count; ++i) {
        publisher.publish("a", std::to_string(i) + body);
        if (i % 50 == 0) co_await publisher.flush(20s);
    }
    co_await publisher.flush(20s);
    const bool came = co_await eventually([&] { return heard_fast == count; });
    EXPECT_TRUE(came) << heard_fast;
    EXPECT_EQ(fast.stats().reconnects, 0u);
    EXPECT_EQ(fast.stats().dropped, 0u);
    between.resume();
    // The server has left the slow one, which comes back by itself.
    co_await wait_reconnected(slow, 1);
    EXPECT_LT(heard_slow, count);
    publisher.publish("a", std::to_string(count) + ".");
    const bool again = co_await eventually([&] { return last == std::to_string(count) + "."; });
    EXPECT_TRUE(again);
}

TEST_F(live_broken_link, of_a_slow_consumer_does_not_hold_up_a_fast_one) {
    auto options = core_only();
    options.config = "max_pending: 2097152, write_deadline: \"1s\"";
    const nats_server server(options);
    tcp_proxy proxy(server.port());
    run(hear_at_two_speeds(server, proxy));
    EXPECT_TRUE(server.wait_for_log("Slow Consumer")) << server.log();
}

}  // namespace
}  // namespace mote::test
