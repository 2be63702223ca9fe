#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <tests/faults/stored_for_sure.hpp>

#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::message_view;

/// One server with JetStream, killed again and again while everything goes on.
class live_restart_under_load : public live_nats {};

constexpr int kills = 4;

struct load {
    int next = 1;
    std::map<int, std::uint64_t> acknowledged{};  // number and sequence
    std::map<int, int> processed{};               // number and how often
    int answers = 0;
    bool enough = false;  // nothing new is published
    bool over = false;
};

asio::awaitable<void> publish_orders(jetstream::context js, load& at) {
    while (!at.enough) {
        const int number = at.next++;
        const auto text = std::to_string(number);
        const auto ack = co_await store(js, "orders", text, text);
        at.acknowledged[number] = ack.sequence;
    }
}

asio::awaitable<void> ask_on(connection nc, load& at) {
    for (int i = 0; !at.over; ++i) {
        nats::request_options opts;
        opts.timeout = 1s;
        const auto text = std::to_string(i);
        auto asking = nc.request("echo", text, opts);
        boost::system::error_code failed;
        try {
            const auto answer = co_await std::move(asking);
            EXPECT_EQ(answer.payload(), text);  // and not that of another request
            ++at.answers;
        } catch (const boost::system::system_error& thrown) {
            failed = thrown.code();
        }
        EXPECT_TRUE(!failed || is_passing(failed)) << failed.message();
        asio::steady_timer pause(nc.executor(), 1ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> expect_kept(jetstream::context js, const load& at) {
    std::map<std::string, std::vector<std::uint64_t>> kept;
    auto reader = co_await jetstream::ordered_consumer::create(js, "ORDERS");
    for (;;) {
        const auto message = co_await reader.next_initial(20s);
        if (!message) break;
        kept[std::string(message->message.payload())].push_back(message->stream_sequence);
    }
    EXPECT_EQ(kept.size(), at.acknowledged.size());
    for (const auto& [number, sequence] : at.acknowledged) {
        const std::vector<std::uint64_t> once{sequence};
        EXPECT_EQ(kept[std::to_string(number)], once) << number;
    }
}

asio::awaitable<void> kill_under_load(nats_server& server) {
    const auto nc = co_await connect_to(server);
    const auto other = co_await connect_to(server);
    const jetstream::context js = impatient(nc);
    jetstream::stream_config stream;
    stream.name = "ORDERS";
    stream.subjects = {"orders"};
    co_await js.create_stream(stream);
    jetstream::consumer_config config;
    config.name = "workers";
    config.ack_wait = 2s;
    const auto info = co_await js.create_or_update_consumer("ORDERS", config);
    load at;
    auto echo = other.subscribe("echo", [other](const message_view& asked) { other.respond(asked, asked.payload); });
    co_await other.flush();
    jetstream::pull_options pull;
    pull.max_messages = 50;
    jetstream::pull_consumer consumer(impatient(other), info, pull);
    consumer.consume([&](jetstream::delivery& order) {
        ++at.processed[std::stoi(std::string(order.payload()))];
        order.ack();
    });
    std::vector<std::shared_ptr<outcome>> work;
    for (int i = 0; i < 10; ++i) work.push_back(begin(nc, publish_orders(js, at)));
    const auto asking = begin(nc, ask_on(nc, at));
    for (int i = 1; i <= kills; ++i) {
        const auto stored = at.acknowledged.size() + 300;
        const auto done = at.processed.size() + 100;
        const int answered = at.answers + 10;
        const bool busy = co_await eventually(
            [&] { return at.acknowledged.size() >= stored && at.processed.size() >= done && at.answers >= answered; });
        EXPECT_TRUE(busy) << "it has not gone on after " << i - 1 << " kills: " << at.acknowledged.size() << " stored, "
                          << at.processed.size() << " processed, " << at.answers << " answers";
        server.kill();
        server.restart();
    }
    at.enough = true;
    for (const auto& each : work) {
        const bool ended = co_await ends(each);
        EXPECT_TRUE(ended);
        EXPECT_FALSE(each->seen.code) << each->seen.text;
    }
    const bool all = co_await eventually([&] { return at.processed.size() == at.acknowledged.size(); });
    EXPECT_TRUE(all) << at.processed.size() << " of " << at.acknowledged.size();
    at.over = true;
    const bool asked = co_await ends(asking);
    EXPECT_TRUE(asked);
    EXPECT_EQ(at.acknowledged.size(), static_cast<std::size_t>(at.next - 1));
    // All may have been done before the link that the last kill broke is there again.
    const bool again = co_await eventually([&] { return nc.stats().reconnects >= static_cast<std::uint64_t>(kills); });
    EXPECT_TRUE(again);
    EXPECT_EQ(nc.stats().reconnects, static_cast<std::uint64_t>(kills));
    co_await expect_kept(js, at);
}

TEST_F(live_restart_under_load, loses_nothing_acknowledged_and_keeps_each_message_once) {
    nats_server server;
    run(kill_under_load(server));
}

}  // namespace
}  // namespace mote::test
