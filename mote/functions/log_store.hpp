#pragma once

#include <mote/functions/name.hpp>
#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::functions {

/// How much of the logs is kept; what is over goes, the oldest first.
struct log_limits {
    std::int64_t max_bytes = std::int64_t{256} * 1024 * 1024;  ///< of all functions, as the server stores them
    std::int64_t max_lines = 10'000;                           ///< of one function
    std::chrono::nanoseconds max_age{std::chrono::hours(24)};
    int replicas = 1;  ///< of the stream
};

/// The stream `mote_logs`, which keeps the lines of all functions, each under `mote.log.<namespace>.<name>`. Give it to a
/// log_writer (log_writer.hpp) and to `log_reader::open` (log_reader.hpp). A light handle, copyable; executor and thread
/// rules of the connection.
class log_store {
public:
    static constexpr std::string_view stream_name = "mote_logs";

    /// Makes the stream; one that is there stays as it is.
    static boost::asio::awaitable<log_store> open(jetstream::context js, log_limits limits = log_limits());
    /// Makes the stream, or gives the one that is there these limits.
    static boost::asio::awaitable<log_store> configure(jetstream::context js, log_limits limits);

    static std::string subject(const function_name& function);
    /// Deletes what a function wrote. Throws what jetstream::context does.
    boost::asio::awaitable<void> forget(function_name function) const;

    const jetstream::context& js() const noexcept { return js_; }
    const log_limits& limits() const noexcept { return limits_; }  ///< that the stream gets if it has to be made again

private:
    log_store(jetstream::context js, const log_limits& limits) : js_(std::move(js)), limits_(limits) {}

    jetstream::context js_;
    log_limits limits_;
};

}  // namespace mote::functions
