#pragma once

#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mote::functions::detail {

/// Follows a bucket and tells of each entry, from what is there on, for as long as it lives; after a failure again from the
/// beginning. All on the connection's executor.
class bucket_mirror {
public:
    struct hooks {
        std::function<void(const kv::entry&)> on_entry{};      ///< a value, or the marker of one that was deleted
        std::function<void()> on_restart{};                    ///< what is there comes again from the beginning
        std::function<void()> on_caught_up{};                  ///< all that was there was told
        std::function<void(const std::string&)> on_trouble{};  ///< why it has to begin again, for the log
    };

    bucket_mirror(jetstream::context js, kv::bucket bucket, hooks told);
    bucket_mirror(const bucket_mirror&) = delete;
    bucket_mirror& operator=(const bucket_mirror&) = delete;
    ~bucket_mirror();  ///< nothing is told any more

    /// Until all that was there was told; throws `nats::errc::timeout`.
    boost::asio::awaitable<void> caught_up(std::chrono::nanoseconds timeout);
    /// Ends it at the server too; returns when nothing of it goes on.
    boost::asio::awaitable<void> stop();

private:
    struct state;
    static boost::asio::awaitable<void> follow(std::shared_ptr<state> self);
    static boost::asio::awaitable<void> read(std::shared_ptr<state> self);

    std::shared_ptr<state> state_;
};

}  // namespace mote::functions::detail
