#pragma once

#include <mote/jetstream/context.hpp>
#include <tests/nats/live.hpp>

namespace mote::test {

/// JetStream that gives up sooner than usual.
inline jetstream::context impatient(nats::connection nc) {
    jetstream::context_options opts;
    opts.timeout = std::chrono::seconds(2);
    return jetstream::context(std::move(nc), std::move(opts));
}

/// What passes by itself while a cluster looks for a leader, or a link is made anew: worth another try.
inline bool is_passing(const boost::system::error_code& failed) {
    return failed == nats::errc::timeout || failed == nats::errc::no_responders || failed == nats::errc::disconnected ||
           failed == jetstream::errc::no_stream_response || failed == jetstream::errc::insufficient_resources ||
           failed == jetstream::errc::not_enabled;
}

inline asio::awaitable<void> told(asio::awaitable<void> work) {
    try {
        co_await std::move(work);
    } catch (const boost::system::system_error&) {
        throw;
    } catch (const std::exception& failed) {
        ADD_FAILURE() << failed.what();
    }
}

/// As `start`; what the work throws beside the library's errors fails the test.
inline std::shared_ptr<outcome> begin(const nats::connection& nc, asio::awaitable<void> work) {
    return start(nc, told(std::move(work)));
}

/// Stores a message in the stream of its subject, as an application does that must not lose it: again with the same id until
/// it is acknowledged. What does not pass is thrown.
inline asio::awaitable<jetstream::publish_ack> store(jetstream::context js, std::string subject, std::string payload,
                                                     std::string id) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(45);
    jetstream::publish_options opts;
    opts.message_id = std::move(id);
    for (;;) {
        boost::system::error_code failed;
        try {
            co_return co_await js.publish(subject, payload, opts);
        } catch (const boost::system::system_error& thrown) {
            if (!is_passing(thrown.code()) || std::chrono::steady_clock::now() > deadline) throw;
        }
        asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace mote::test
