// Requests that outlive their service: answered or dropped on another thread when it has stopped and is destroyed.

#include <tests/micro/hosted_service.hpp>
#include <tests/micro/world.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/raw_frame.hpp>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// Requests on their way from handlers to another thread.
class taken_requests {
public:
    void put(micro::request req) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(req));
    }
    std::optional<micro::request> take() {
        const std::lock_guard lock(mutex_);
        if (all_.empty()) return std::nullopt;
        std::optional<micro::request> one(std::move(all_.back()));
        all_.pop_back();
        return one;
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return all_.size();
    }

private:
    std::mutex mutex_;
    std::vector<micro::request> all_;
};

asio::awaitable<void> connect_and_start(nats::options opts, micro::service* service) {
    const auto connection = co_await nats::connection::connect(std::move(opts));
    co_await service->start(connection);
}

class late_answer_test : public micro_test {
protected:
    void SetUp() override {
        if (require_nats_server()) server_.emplace(core_only());
    }

    std::optional<nats_server> server_;
    taken_requests taken;
    std::atomic<int> closed_events = 0;

    nats::options options() {
        auto opts = options_for(*server_);
        opts.on_event = [this](const nats::connection_event& event) {
            if (event.kind == nats::event_kind::error && event.error == nats::errc::closed) ++closed_events;
        };
        return opts;
    }

    std::unique_ptr<micro::service> make() {
        micro::service_config config;
        config.name = "Gone";
        config.version = "1.0.0";
        auto service = std::make_unique<micro::service>(config);
        service->endpoint("late", [this](micro::request& req) { taken.put(std::move(req)); });
        return service;
    }

    void wait_until_taken(std::size_t count) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (taken.count() < count && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
        ASSERT_EQ(taken.count(), count);
    }

    /// On a loop and connection that stay.
    std::unique_ptr<micro::service> start_on(hosted_service& host) {
        auto started = host.on_loop([this] { return make(); });
        host.await(started->start(host.connection()));
        return started;
    }

    static std::unique_ptr<micro::service> other(const nats::connection&) {
        micro::service_config config;
        config.name = "Stays";
        config.version = "1.0.0";
        return std::make_unique<micro::service>(config);
    }

    /// Stops it, which its calls outlast, and destroys it.
    static void end(hosted_service& host, std::unique_ptr<micro::service>& service) {
        boost::system::error_code code;
        try {
            host.await(service->stop(50ms));
        } catch (const boost::system::system_error& failed) {
            code = failed.code();
        }
        EXPECT_EQ(code, micro::errc::drain_timeout);
        host.on_loop([&service] { service.reset(); });
    }
};

TEST_F(late_answer_test, goes_out_from_another_thread_when_the_service_has_gone_and_the_connection_has_not) {
    hosted_service host(options(), other);
    auto service = start_on(host);
    raw_client caller(server_->port());
    caller.subscribe("answers.*");
    for (const auto* const which : {"answered", "refused", "dropped"})
        caller.publish("late", which, {}, std::string("answers.") + which);
    caller.flush();
    wait_until_taken(3);
    end(host, service);

    std::thread answering([this] {
        while (auto req = taken.take()) {
            EXPECT_EQ(req->endpoint().name, "late");
            EXPECT_TRUE(req->wants_reply());
            if (req->data() == "answered") req->respond("late but good");
            if (req->data() == "refused") req->respond_error(410, "too late");
        }
    });
    answering.join();
    std::map<std::string, std::string> frames;
    for (int i = 0; i < 3; ++i) {
        const auto frame = caller.read_frame();
        frames[std::string(parse_raw_frame(frame).subject)] = frame;
    }
    EXPECT_TRUE(contains(frames["answers.answered"], "late but good"));
    EXPECT_TRUE(contains(frames["answers.refused"], "Nats-Service-Error: too late"));
    EXPECT_TRUE(contains(frames["answers.dropped"], "Nats-Service-Error: no response"));
}

TEST_F(late_answer_test, may_be_given_while_the_service_is_being_destroyed) {
    hosted_service host(options(), other);
    raw_client caller(server_->port());
    caller.subscribe("answers.*");
    constexpr int rounds = 20;
    constexpr int requests = 20;
    for (int round = 0; round < rounds; ++round) {
        auto service = start_on(host);
        for (int i = 0; i < requests; ++i) caller.publish("late", "x", {}, "answers.x");
        caller.flush();
        wait_until_taken(requests);
        std::thread answering([this] {
            while (auto req = taken.take()) req->respond("ok");
        });
        host.on_loop([&service] { service.reset(); });
        answering.join();
        for (int i = 0; i < requests; ++i) EXPECT_TRUE(contains(caller.read_frame(), "\r\nok\r\n"));
    }
}

TEST_F(late_answer_test, is_an_event_of_the_connection_when_that_is_closed) {
    hosted_service host(options(), other);
    auto service = start_on(host);
    raw_client caller(server_->port());
    for (int i = 0; i < 3; ++i) caller.publish("late", "x", {}, "nobody");
    caller.flush();
    wait_until_taken(3);
    end(host, service);
    const auto goes_on = asio::make_work_guard(host.connection().executor());  // the loop, without the connection
    host.on_loop([&host] { host.connection().close(); });
    std::thread answering([this] { EXPECT_NO_THROW(taken.take()->respond("late")); });
    answering.join();
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (closed_events == 0 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    EXPECT_GE(closed_events, 1);
    // On the connection's own thread it is thrown.
    const auto code = host.on_loop([this] {
        auto req = taken.take();
        return failure_at_once([&req] { req->respond("late"); }).code;
    });
    EXPECT_EQ(code, nats::errc::closed);
    std::thread([this] { taken.take(); }).join();  // without an answer
}

TEST_F(late_answer_test, goes_nowhere_when_nobody_runs_the_loop_any_more) {
    asio::io_context loop(1);
    auto service = make();
    asio::co_spawn(loop, connect_and_start(options(), service.get()),
                   [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    raw_client caller(server_->port());
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (taken.count() < 2 && std::chrono::steady_clock::now() < limit) {
        caller.publish("late", "x", {}, "nobody");
        loop.run_for(10ms);
    }
    ASSERT_GE(taken.count(), 2U);
    service.reset();
    std::thread answering([this] {
        taken.take()->respond("late");
        while (taken.take()) continue;  // without an answer
    });
    answering.join();
}

}  // namespace
}  // namespace mote::test
