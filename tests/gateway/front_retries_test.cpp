// When queued calls that fail are tried again: later each time, and not all at once.

#include <tests/gateway/front_world.hpp>

#include <mote/functions/async_call.hpp>
#include <mote/functions/async_queue.hpp>
#include <mote/kv/bucket.hpp>

#include <algorithm>

namespace mote::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t calls = 20;
constexpr std::size_t tries = 6;
constexpr milliseconds min_wait{250};
constexpr milliseconds max_wait{2000};
const std::string annotations =
    R"(,"annotations":{"com.openfaas.retry.attempts":"6","com.openfaas.retry.min_wait":"250ms",)"
    R"("com.openfaas.retry.max_wait":"2s"})";

/// By docs/guide/async.md: doubled after each try, up to a bound. Of that up to a half is taken off at random.
nanoseconds longest_after(std::size_t tried) { return std::min(min_wait * (1 << (tried - 1)), max_wait); }

/// Makes the bucket of the calls' records, so that it keeps all that they ever said.
asio::awaitable<kv::bucket> records_with_history(jetstream::context js) {
    kv::bucket_config config;
    config.bucket = functions::async_queue::bucket_name;
    config.history = 64;
    return kv::bucket::create(std::move(js), std::move(config));
}

/// What the record of a call said after each of its tries.
asio::awaitable<std::vector<functions::call_record>> tries_of(kv::bucket records, std::string id) {
    const auto all = co_await records.history(id);
    std::vector<functions::call_record> found;
    for (const auto& each : all) {
        auto record = functions::read_record(each.value);
        if (record && record->attempts == found.size() + 1) found.push_back(std::move(*record));
    }
    co_return found;
}

/// From the end of a try to the time that is said for the next one: by the record alone, however late anybody looks.
nanoseconds wait_after(const functions::call_record& tried) { return tried.next - tried.started - tried.duration; }

asio::awaitable<void> expect_dead(front_world* here, std::string id) {
    return here->comes_to(std::move(id), "dead", 8000);
}

/// Not a moment shorter than the least, and as the documentation says but where this machine was slow to note the time.
void expect_spread(std::vector<nanoseconds> waits, std::size_t tried) {
    std::ranges::sort(waits);
    const auto longest = longest_after(tried);
    constexpr milliseconds rounding{1};
    EXPECT_GE(waits.front(), longest / 2 - rounding) << "after try " << tried;
    EXPECT_LE(waits.at(waits.size() / 2), longest) << "half of them after try " << tried;
    EXPECT_LE(waits.back(), longest + 10s) << "after try " << tried;
    // That chance does not bring these about happens once in many millions of runs.
    EXPECT_LT(waits.front(), longest * 4 / 5) << "something is taken off after try " << tried;
    EXPECT_GT(waits.back() - waits.front(), longest / 20) << "not the same for all after try " << tried;
}

using front_retries = front_test;

TEST_F(front_retries, of_many_queued_calls_wait_twice_as_long_each_time_and_differ) {
    with_jetstream([](nats_server& server, jetstream::context js) -> asio::awaitable<void> {
        const auto records = co_await records_with_history(js);
        const auto here = co_await front_world::start(server);
        co_await here->deploy("fails", "false", annotations);
        for (std::size_t i = 0; i < calls; ++i) {
            const auto with_id = sent_with("X-Call-Id", "call-" + std::to_string(i));
            const auto answer = co_await here->ask("POST", "/async-function/fails", "x", with_id);
            EXPECT_EQ(answer.status, 202) << answer.body;
        }
        std::vector<std::vector<nanoseconds>> waits(tries - 1);
        for (std::size_t i = 0; i < calls; ++i) {
            const auto id = "call-" + std::to_string(i);
            co_await expect_dead(here.get(), id);
            const auto seen = co_await tries_of(records, id);
            EXPECT_EQ(seen.size(), tries) << id;
            if (seen.size() != tries) continue;
            for (std::size_t tried = 1; tried < tries; ++tried) {
                const auto& failed = seen[tried - 1];
                EXPECT_EQ(failed.status, 500);
                EXPECT_EQ(failed.state, functions::call_state::retrying);
                EXPECT_GE(seen[tried].started, failed.next - 20ms) << id << ": before the time that was said";
                waits[tried - 1].push_back(wait_after(failed));
            }
        }
        for (std::size_t tried = 1; tried < tries; ++tried) {
            EXPECT_EQ(waits[tried - 1].size(), calls);
            if (!waits[tried - 1].empty()) expect_spread(waits[tried - 1], tried);
        }
        co_await here->stop();
    });
}

}  // namespace
}  // namespace mote::test
