#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/sanitized.hpp>

#include <fstream>
#include <malloc.h>
#include <unistd.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;

constexpr std::uint64_t warm_up = sanitized ? 100 : 1'000;
constexpr std::uint64_t reconnects = sanitized ? 500 : 10'000;

/// Memory of this process, in bytes: what the allocator has given out, and what the kernel keeps for it.
struct memory {
    std::size_t allocated = 0;
    std::size_t resident = 0;

    static memory now() {
        memory result;
        result.allocated = ::mallinfo2().uordblks;
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages >> pages;
        result.resident = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return result;
    }
};

/// Greets, takes what comes with the flush of a new link, and breaks it.
void greet_and_leave(scripted_link& link, int) {
    try {
        link.greet();
        link.read_until("PING\r\n");
        link.send("PONG\r\n");
    } catch (const std::exception&) {
        // The test is over.
    }
}

/// What breaks the links: the server, or `force_reconnect`.
enum class breaker { server, client };

asio::awaitable<void> until_reconnected(connection nc, std::uint64_t times, breaker who) {
    const auto deadline = std::chrono::steady_clock::now() + 120s;
    const nats::headers headers{{"Trace", "1"}};
    while (nc.stats().reconnects < times && std::chrono::steady_clock::now() < deadline) {
        nats::request_options ask;
        ask.timeout = 10ms;
        nc.publish("said", "between two links", headers);
        auto unanswered = nc.request("asked", "", ask);
        auto flushing = nc.flush();
        (void)co_await failure_of(std::move(flushing));
        if (nc.stats().reconnects % 100 == 0) (void)co_await failure_of(std::move(unanswered));
        if (who == breaker::client) nc.force_reconnect();
    }
    EXPECT_GE(nc.stats().reconnects, times);
}

asio::awaitable<void> reconnect_often(nats::options opts, breaker who) {
    const auto nc = co_await connection::connect(opts);
    std::vector<nats::subscription> subs;
    for (int i = 0; i < 10; ++i) subs.push_back(nc.subscribe("subject." + std::to_string(i)));
    co_await until_reconnected(nc, warm_up, who);
    const auto before = memory::now();
    const auto begin = std::chrono::steady_clock::now();
    co_await until_reconnected(nc, reconnects, who);
    const auto after = memory::now();
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cout << (reconnects - warm_up) << " reconnects in " << took << " s; allocated " << before.allocated << " -> "
              << after.allocated << ", resident " << before.resident << " -> " << after.resident << '\n';
    for (const auto& each : subs) EXPECT_TRUE(each.active());
    if (sanitized) co_return;  // which keep freed memory
    // One byte for each reconnect would be more.
    EXPECT_LT(after.allocated, before.allocated + (reconnects - warm_up));
    EXPECT_LT(after.resident, before.resident + std::size_t{4} * 1024 * 1024);
}

void expect_flat_memory(std::string url, breaker who) {
    auto opts = options_for(std::move(url));
    opts.reconnect.min_wait = 0ms;
    opts.reconnect.max_wait = 0ms;
    opts.reconnect.jitter = 0ms;
    asio::io_context loop(1);
    std::exception_ptr failed;
    bool ended = false;
    asio::co_spawn(loop, reconnect_often(opts, who), [&](std::exception_ptr thrown) {
        failed = std::move(thrown);
        ended = true;
        loop.stop();
    });
    loop.run_for(150s);
    EXPECT_TRUE(ended);
    if (failed) std::rethrow_exception(failed);
}

TEST(live_many_reconnects, leave_memory_as_it_was) {
    const scripted_server server(greet_and_leave);
    expect_flat_memory(server.url(), breaker::server);
}

TEST(live_many_reconnects, to_a_real_server_leave_memory_as_it_was) {
    if (!require_nats_server()) return;
    const nats_server server(core_only());
    expect_flat_memory(server.url(), breaker::client);
}

}  // namespace
}  // namespace mote::test
