#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>

#include <atomic>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;

/// A server that sends what no server sends, and a real one beside it.
class live_lying_server : public live_nats {};

/// Writes `piece` until the client has closed, at most 256 MiB; returns how many bytes went.
std::size_t send_without_end(scripted_link& link, const std::string& piece) {
    std::size_t sent = 0;
    try {
        while (sent < std::size_t{256} * 1024 * 1024) {
            link.send(piece);
            sent += piece.size();
        }
    } catch (const std::exception&) {
        // It has closed, as it should.
    }
    return sent;
}

asio::awaitable<void> expect_usable(connection nc) {
    auto sub = nc.subscribe("still.here");
    nc.publish("still.here", "yes");
    const auto message = co_await sub.next(20s);
    EXPECT_EQ(message ? message->payload() : "nothing", "yes");
}

asio::awaitable<void> leave_the_liar(nats::options opts, event_log log, std::string real) {
    const auto nc = co_await connection::connect(opts);
    auto sub = nc.subscribe("a");  // number 1
    const bool left = co_await log.wait_for(event_kind::reconnected);
    EXPECT_TRUE(left);
    EXPECT_EQ(log.last(event_kind::disconnected).error, errc::protocol_error);
    EXPECT_EQ(nc.connected_server(), real);
    EXPECT_EQ(sub.stats().pending_messages, 0u);
    co_await expect_usable(nc);
}

/// The client is told by a server that lies, behind an orderly beginning, and has to go to the real one.
void expect_left(std::function<void(scripted_link&)> lie, const std::string& complaint) {
    const nats_server real(core_only());
    scripted_server liar([lie = std::move(lie)](scripted_link& link, int) {
        link.greet();
        lie(link);
        link.read_all();
    });
    auto opts = options_for(liar.url());
    opts.servers.push_back(real.url());
    opts.randomize_servers = false;
    const event_log log;
    log.watch(opts);
    run(leave_the_liar(opts, log, "127.0.0.1:" + std::to_string(real.port())));
    EXPECT_TRUE(contains(log.text(), complaint)) << log.text();
}

void expect_left_after(std::string bytes, const std::string& complaint) {
    SCOPED_TRACE(bytes.substr(0, 60));
    expect_left([bytes = std::move(bytes)](scripted_link& link) { link.send(bytes); }, complaint);
}

TEST_F(live_lying_server, is_left_for_garbage) {
    std::string noise;
    std::uint32_t seed = 7;
    for (int i = 0; i < 100'000; ++i) {
        seed = seed * 1664525 + 1013904223;
        noise += static_cast<char>(seed >> 24);
    }
    expect_left_after(noise, "");
    expect_left_after(std::string(1000, '\0') + "\r\n", "unknown operation");
    expect_left_after("HTTP/1.1 400 Bad Request\r\n\r\n", "unknown operation");
    expect_left_after("\x16\x03\x01\x02\x01\r\n", "unknown operation");
}

TEST_F(live_lying_server, is_left_for_a_line_without_end_before_it_takes_memory) {
    for (const auto* const begin : {"", "MSG a 1 ", "-ERR '", "INFO {\"x\":\""}) {
        std::atomic<std::size_t> sent = 0;
        SCOPED_TRACE(begin);
        expect_left(
            [&sent, begin](scripted_link& link) {
                link.send(begin);
                sent = send_without_end(link, std::string(64 * 1024, 'x'));
            },
            "control line too long");
        // A line may have 16 KiB, INFO 1 MiB; the rest lies in the kernel's buffers.
        EXPECT_LT(sent, std::size_t{32} * 1024 * 1024);
    }
}

TEST_F(live_lying_server, is_left_for_a_payload_of_another_length_than_announced) {
    expect_left_after("MSG a 1 5\r\n0123456789\r\n", "message without its end");
    expect_left_after("MSG a 1 5\r\n012\r\nMSG a 1 5\r\n01234\r\n", "message without its end");
    expect_left_after("MSG a 1 67200000\r\n", "message larger than the limit");
    expect_left_after("MSG a 1 18446744073709551615\r\n", "message larger than the limit");
    expect_left_after("MSG a 1 99999999999999999999999999\r\n", "not a number");
    expect_left_after("MSG a 1 -5\r\n01234\r\n", "not a number");
}

TEST_F(live_lying_server, is_left_for_a_header_block_that_cannot_have_its_length) {
    expect_left_after("HMSG a 1 50 40\r\nNATS/1.0\r\nA: 1\r\n\r\n", "bad header block");
    expect_left_after("HMSG a 1 18446744073709551615 18446744073709551615\r\n", "message larger than the limit");
}

/// Real servers do not look into a header block: one of which another client wrote nonsense is no fault of the link.
TEST_F(live_lying_server, is_kept_when_it_hands_out_what_another_client_made_wrong) {
    nats_server real(core_only());
    auto opts = options_for(real);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, std::uint16_t port, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        std::vector<std::string> payloads;
        auto sub = nc.subscribe("a", [&](const nats::message_view& message) {
            payloads.emplace_back(message.payload);
            EXPECT_EQ(message.headers.empty(), message.payload != "with");
        });
        co_await nc.flush();
        raw_client other(port);
        other.send("HPUB a 5 7\r\nabcdexy\r\nHPUB a 14 14\r\nSMTP/1.0\r\n\r\n\r\n\r\n");
        other.send("HPUB a 18 22\r\nNATS/1.0\r\nA: 1\r\n\r\nwith\r\nPUB a 7\r\nwithout\r\n");
        const bool came = co_await eventually([&] { return payloads.size() >= 4; });
        EXPECT_TRUE(came);
        const std::vector<std::string> expected{"xy", "", "with", "without"};
        EXPECT_EQ(payloads, expected);
        EXPECT_EQ(nc.stats().reconnects, 0u);
        EXPECT_EQ(seen.count(event_kind::error), 2u);
        EXPECT_EQ(seen.last(event_kind::error).error, nats::errc::bad_header);
        EXPECT_EQ(seen.last(event_kind::error).subject, "a");
    }(opts, real.port(), log));
}

/// Lengths that are possible, and wrong: what is read stays within the message.
asio::awaitable<void> read_lies(nats::options opts) {
    const auto nc = co_await connection::connect(opts);
    std::vector<std::string> payloads;
    auto sub = nc.subscribe("a", [&](const nats::message_view& message) {
        payloads.emplace_back(message.payload);
        std::size_t bytes = 0;
        for (const auto& [name, value] : message.headers) bytes += name.size() + value.size();
        EXPECT_LE(bytes, message.headers.raw().size());
        EXPECT_LE(message.headers.raw().size() + message.payload.size(), 26u);
    });
    co_await nc.flush();
    const std::vector<std::string> expected{"1\r\n\r\nB: 2\r\n\r\n", "", "all is well"};
    const bool came = co_await eventually([&] { return payloads.size() >= 3; });
    EXPECT_TRUE(came);
    EXPECT_EQ(payloads, expected);
    EXPECT_EQ(nc.stats().reconnects, 0u);
}

TEST_F(live_lying_server, cannot_make_anybody_read_headers_past_their_length) {
    scripted_server liar([](scripted_link& link, int) {
        link.greet();
        link.read_until("PING\r\n");
        // Too short: it ends within a line. Too long: it takes the payload, which is no header.
        link.send("PONG\r\nHMSG a 1 13 26\r\nNATS/1.0\r\nA: 1\r\n\r\nB: 2\r\n\r\n\r\n");
        link.send("HMSG a 1 26 26\r\nNATS/1.0\r\nA: 1\r\n\r\nB: 2\r\n\r\n\r\n");
        link.send("MSG a 1 11\r\nall is well\r\n");
        link.read_all();
    });
    run(read_lies(options_for(liar.url())));
}

/// Connects past a server that lies from its first byte on.
void expect_passed_over(std::function<void(scripted_link&)> lie) {
    const nats_server real(core_only());
    scripted_server liar([lie = std::move(lie)](scripted_link& link, int) {
        try {
            lie(link);
        } catch (const std::exception&) {
            // The client has gone, as it should.
        }
    });
    auto opts = options_for(liar.url());
    opts.servers.push_back(real.url());
    opts.randomize_servers = false;
    opts.connect_timeout = 2s;
    run([](nats::options how, std::string expected) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), expected);
        co_await expect_usable(nc);
    }(opts, "127.0.0.1:" + std::to_string(real.port())));
    EXPECT_EQ(liar.connections(), 1);
}

TEST_F(live_lying_server, is_passed_over_when_it_lies_from_the_beginning) {
    const auto says = [](std::string text) {
        SCOPED_TRACE(text.substr(0, 40));
        expect_passed_over([text](scripted_link& link) {
            link.send(text);
            link.read_all();
        });
    };
    says("SSH-2.0-OpenSSH_9.2\r\n");
    says("INFO nonsense\r\n");
    says("INFO " + std::string(100'000, '[') + "\r\n");
    says("PONG\r\n");
    says("INFO {}\r\n");                                   // and no PONG: the time-out
    expect_passed_over([](scripted_link& link) {           // neither ends nor begins
        for (;;) link.send("INFO {}\r\n+OK\r\nPING\r\n");  // nor lets it wait
    });
    expect_passed_over(
        [](scripted_link& link) { send_without_end(link, "INFO {\"server_id\":\"" + std::string(9999, 'S')); });
}

}  // namespace
}  // namespace mote::test
