// Inline handlers of work that block: what waits for them is kept, and goes back when they stop.

#include <tests/micro/hosted_service.hpp>
#include <tests/micro/ordered_works.hpp>
#include <tests/support/raw_client.hpp>

#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>

namespace mote::test {
namespace {

constexpr int many = 64;

/// What was done, on any thread.
class done_list {
public:
    void add(std::string_view job) {
        const std::lock_guard lock(mutex_);
        ++times_[std::string(job)];
    }
    std::map<std::string, int> times() const {
        const std::lock_guard lock(mutex_);
        return times_;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, int> times_;
};

/// From a client that blocks, so that as many as can be come in one read.
void publish_many(std::uint16_t port) {
    raw_client raw(port);
    for (int i = 0; i < many; ++i)
        raw.publish("jobs.do", std::to_string(i), "NATS/1.0\r\nKey: " + std::to_string(i) + "\r\n\r\n");
    raw.flush();
}

/// Two instances with loops of their own. What one of them has takes longer than the ack wait, all together.
asio::awaitable<void> expect_each_once(world* here, micro::work_options opts, std::chrono::milliseconds each) {
    opts.ack_wait = 2s;
    done_list done;
    const auto block = [&done, each](micro::event& job) {
        std::this_thread::sleep_for(each);
        done.add(job.data());
    };
    nats::options to_server;
    to_server.servers = {here->server.url()};
    hosted_service other(to_server, [opts, block](const nats::connection&) {
        micro::service_config config;
        config.name = "Jobs";
        config.version = "1.0.0";
        auto made = std::make_unique<micro::service>(config);
        made->work("process", opts, block);
        return made;
    });
    micro::service service(here->config("Jobs"));
    service.work("process", opts, block);
    co_await service.start(here->connection);
    publish_many(here->server.port());
    co_await eventually("all are done", [&] { return done.times().size() == many; });
    co_await expect_all_settled(jetstream::context(here->caller), "Jobs_process");
    for (const auto& [job, times] : done.times()) EXPECT_EQ(times, 1) << job;
    const auto others = other.on_loop([&] { return stats_of(other.service()); });
    EXPECT_EQ(stats_of(service).redelivered + others.redelivered, 0U);
    EXPECT_EQ(stats_of(service).requests + others.requests, static_cast<std::uint64_t>(many));
    co_await service.stop();
}

TEST_F(work_test, what_waits_for_inline_handlers_that_block_is_not_given_to_others) {
    in_world([](world& here) -> asio::awaitable<void> { co_await expect_each_once(&here, quick(), 100ms); });
}

TEST_F(work_test, what_waits_for_inline_handlers_that_block_is_not_given_to_others_in_order) {
    // One instance has all.
    in_world([](world& here) -> asio::awaitable<void> { co_await expect_each_once(&here, quick_in_order(), 100ms); });
}

TEST_F(work_test, a_stop_gives_back_what_waits_for_an_inline_handler) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick();
        opts.max_tries = 1;
        {
            micro::service before(here.config("Jobs"));
            before.work("process", opts, [](micro::event&) {});
            co_await before.start(here.connection);
            co_await before.stop();
        }
        publish_many(here.server.port());  // nobody is there
        std::multiset<std::string> done;
        std::uint64_t waited = 0;
        bool stopped = false;
        micro::service first(here.config("Jobs"));
        first.work("process", opts, [&](micro::event& job) {
            std::this_thread::sleep_for(20ms);
            done.emplace(job.data());
            if (done.size() != 2) return;
            waited = stats_of(first).waiting;
            asio::co_spawn(here.connection.executor(), first.stop(),
                           [&](const std::exception_ptr& failed) { stopped = failed == nullptr; });
        });
        co_await first.start(here.connection);
        co_await eventually("it has stopped", [&] { return stopped; });
        EXPECT_GT(waited, 0U);
        EXPECT_LT(done.size(), static_cast<std::size_t>(many));
        EXPECT_EQ(stats_of(first).in_flight, 0U);
        EXPECT_EQ(stats_of(first).requests, done.size());
        micro::service second(here.config("Jobs"));
        second.work("process", opts, [&done](micro::event& job) { done.emplace(job.data()); });
        co_await second.start(here.connection);
        co_await eventually("all are done", [&] { return done.size() == many; });
        EXPECT_EQ(std::set(done.begin(), done.end()).size(), static_cast<std::size_t>(many));
        EXPECT_EQ(stats_of(second).dead, 0U);
        co_await second.stop();
    });
}

}  // namespace
}  // namespace mote::test
