// Messages whose payload goes from where it lies to the socket: the bytes of the wire are as they would be.

#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

class live_large_message : public live_nats {};

constexpr std::string_view large_info = R"({"server_id":"S","headers":true,"max_payload":67108864})";

std::string text_of(std::size_t size, char first) {
    std::string text(size, first);
    for (std::size_t i = 0; i < size; i += 1000) text[i] = static_cast<char>('0' + i / 1000 % 10);
    return text;
}

std::string pub(const std::string& subject, const std::string& payload) {
    return "PUB " + subject + ' ' + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
}

TEST_F(live_large_message, goes_between_small_ones_in_order) {
    std::string seen;
    std::vector<std::string> payloads;
    for (const std::size_t size : {32767U, 32768U, 32769U, 200'000U, 8'000'000U})
        payloads.push_back(text_of(size, 'x'));
    {
        scripted_server server([&seen](scripted_link& link, int) {
            link.greet(large_info);
            seen = link.read_until("PING\r\n");
            link.send("PONG\r\n");
            link.read_all();
        });
        run([](std::string url, const std::vector<std::string>& all) -> asio::awaitable<void> {
            auto opts = options_for(url);
            opts.max_outbound_bytes = 64 * 1024 * 1024;
            const auto nc = co_await connection::connect(opts);
            const nats::headers headers{{"Name", "value"}};
            for (const auto& payload : all) {
                nc.publish("before", "1");
                nc.publish("large", payload);
                nc.publish("large", "answers", payload, headers);
                nc.publish("after", "2");
            }
            co_await nc.flush(20s);
            EXPECT_EQ(nc.stats().out_messages, 4 * all.size());
            EXPECT_EQ(nc.stats().unsent_bytes, 0U);
        }(server.url(), payloads));
    }
    std::string expected;
    const std::string block = "NATS/1.0\r\nName: value\r\n\r\n";
    for (const auto& payload : payloads)
        expected += pub("before", "1") + pub("large", payload) + "HPUB large answers " + std::to_string(block.size()) +
                    ' ' + std::to_string(block.size() + payload.size()) + "\r\n" + block + payload + "\r\n" +
                    pub("after", "2");
    expected += "PING\r\n";
    EXPECT_EQ(seen.size(), expected.size());
    EXPECT_TRUE(seen == expected);
}

TEST_F(live_large_message, is_kept_whole_while_there_is_no_link) {
    const auto payload = text_of(100'000, 'y');
    std::string second;
    {
        scripted_server server([&second](scripted_link& link, int number) {
            link.greet(large_info);
            if (number == 1) return;
            second = link.read_until("PING\r\n");
            link.send("PONG\r\n");
            link.read_all();
        });
        run([](std::string url, const std::string& text) -> asio::awaitable<void> {
            auto opts = options_for(url);
            opts.reconnect.min_wait = 500ms;  // long enough to be seen
            opts.reconnect.max_wait = 500ms;
            const auto nc = co_await connection::connect(opts);
            EXPECT_TRUE(co_await eventually([&] { return nc.status() == nats::connection_status::reconnecting; }));
            nc.publish("large", text);
            EXPECT_GT(nc.stats().unsent_bytes, text.size());
            EXPECT_TRUE(co_await eventually([&] { return nc.stats().reconnects == 1; }));
            co_await nc.flush(20s);
        }(server.url(), payload));
    }
    EXPECT_TRUE(second == pub("large", payload) + "PING\r\n") << second.size();
}

}  // namespace
}  // namespace mote::test
