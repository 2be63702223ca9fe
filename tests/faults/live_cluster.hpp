#pragma once

#include <mote/testing/cluster.hpp>
#include <tests/faults/stored_for_sure.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <iostream>
#include <optional>

namespace mote::test {

using nats_cluster = mote::testing::cluster;

/// Options for a connection to all of its servers, one of them first.
inline nats::options options_for(const nats_cluster& cluster, std::size_t first) {
    auto urls = cluster.urls();
    std::swap(urls.front(), urls.at(first));
    auto opts = options_for(urls.front());
    opts.servers = std::move(urls);
    opts.randomize_servers = false;
    return opts;
}

/// The index of the server that leads a stream, or one of its consumers, by the API's own words; it is asked until there is
/// one, 20 s at most.
inline asio::awaitable<std::size_t> leader_of(jetstream::context js, const nats_cluster& cluster, std::string asset) {
    const auto kind = asset.find('.') == std::string::npos ? "STREAM.INFO." : "CONSUMER.INFO.";
    const auto subject = js.api_prefix() + kind + asset;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string said;
    while (std::chrono::steady_clock::now() < deadline) {
        asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        nats::message reply;
        try {
            reply = co_await js.connection().request(subject, "");
        } catch (const boost::system::system_error& failed) {
            said = failed.what();
            continue;
        }
        said = std::string(reply.payload());
        boost::system::error_code ignored;
        const auto answer = boost::json::parse(said, ignored);
        const auto leader = answer.find_pointer("/cluster/leader", ignored);
        if (leader == nullptr || !leader->is_string()) continue;
        if (const auto found = cluster.find(boost::json::value_to<std::string>(*leader))) co_return *found;
    }
    ADD_FAILURE() << asset << " has no leader: " << said;
    co_return 0;
}

/// The next one of three.
inline std::size_t next_to(std::size_t index) { return (index + 1) % 3; }

/// As `eventually`, for what may take a new leader or two.
inline asio::awaitable<bool> at_last(std::function<bool()> condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) co_return false;
        pause.expires_after(std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return true;
}

/// Three servers with JetStream for each test.
class live_cluster_of_three : public ::testing::Test {
protected:
    void SetUp() override {
        if (require_nats_server()) servers_.emplace();
    }

    /// As `run`, for what may take longer.
    void run_long(asio::awaitable<void> (*test)(nats_cluster&)) {
        asio::io_context loop(1);
        bool ended = false;
        std::exception_ptr failed;
        asio::co_spawn(loop, test(*servers_), [&](std::exception_ptr thrown) {
            ended = true;
            failed = std::move(thrown);
            loop.stop();
        });
        loop.run_for(std::chrono::seconds(150));
        EXPECT_TRUE(ended) << "the test's coroutine has not ended";
        if (failed) std::rethrow_exception(failed);
        if (!HasFailure()) return;
        for (std::size_t i = 0; i < servers_->size(); ++i) std::cout << servers_->at(i).log() << '\n';
    }

private:
    std::optional<nats_cluster> servers_;
};

/// A stream with a replica on each of three servers.
inline jetstream::stream_config replicated(std::string name, std::string subject) {
    jetstream::stream_config config;
    config.name = std::move(name);
    config.subjects = {std::move(subject)};
    config.replicas = 3;
    return config;
}

}  // namespace mote::test
