#pragma once

#include <mote/jetstream/pull_consumer.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/patience.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

namespace mote::jetstream {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::eventually;
using test::failure_of;
using test::nats_server;

/// The work queue JOBS on `jobs.>`.
inline stream_config jobs_stream() {
    stream_config config;
    config.name = "JOBS";
    config.subjects = {"jobs.>"};
    config.retention = retention_policy::work_queue;
    return config;
}

/// Its consumer.
inline consumer_config workers() {
    consumer_config config;
    config.name = "workers";
    return config;
}

/// Publishes numbers `first` to `last`, and waits until they are stored.
inline awaitable<void> publish_jobs(context js, int first, int last) {
    std::vector<awaitable<publish_ack>> acks;
    for (int i = first; i <= last; ++i) acks.push_back(js.publish("jobs.new", std::to_string(i)));
    for (auto& each : acks) co_await std::move(each);
}

/// The next message, which must come and be this one.
inline awaitable<std::optional<delivery>> expect_job(pull_consumer& consumer, int number) {
    auto job = co_await consumer.next(patience);
    EXPECT_EQ(job ? job->payload() : "nothing", std::to_string(number));
    co_return job;
}

/// What a handler was given, and how often.
struct job_log {
    std::vector<int> all{};
    std::set<int> different{};
    void add(const delivery& job) {
        const int number = std::stoi(std::string(job.payload()));
        all.push_back(number);
        different.insert(number);
    }
};

/// What an on_trouble or on_end was told.
struct complaint_log {
    std::vector<boost::system::error_code> codes{};
    std::string texts{};
    std::function<void(const boost::system::error_code&, const std::string&)> hook() {
        return [this](const boost::system::error_code& code, const std::string& text) {
            codes.push_back(code);
            texts += text + "\n";
        };
    }
};

/// Waits until the server says of the consumer what `good` wants; the last thing it said.
inline awaitable<consumer_info> until_info(context js, std::function<bool(const consumer_info&)> good) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto info = co_await js.consumer("JOBS", "workers");
    while (!good(info) && std::chrono::steady_clock::now() < deadline) info = co_await js.consumer("JOBS", "workers");
    EXPECT_TRUE(good(info)) << "pending " << info.pending << ", ack pending " << info.ack_pending << ", waiting "
                            << info.waiting;
    co_return info;
}

/// Waits until so many messages are left in JOBS.
inline awaitable<void> expect_left(context js, std::uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto left = (co_await js.stream("JOBS")).state.messages;
    while (left != count && std::chrono::steady_clock::now() < deadline)
        left = (co_await js.stream("JOBS")).state.messages;
    EXPECT_EQ(left, count);
}

/// Tests on the work queue JOBS.
class live_jobs : public test::live_test {
protected:
    template <class Body>
    void with_jobs(Body body, test::nats_server_options options = {}) {
        with_jetstream([body](nats_server& server,
                              context js) -> awaitable<void> { return prepared(server, std::move(js), body); },
                       std::move(options));
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, context js, Body body) {
        co_await js.create_stream(jobs_stream());
        co_await body(server, js);
    }
};

}  // namespace mote::jetstream
