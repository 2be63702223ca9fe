#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <vector>

namespace mote::nats {
class connection;
}

namespace mote::micro::detail {

/// Runs all side by side and returns when the last has ended, so that they cost one round trip together. What one threw
/// is thrown again then (of the first that failed), except nats `errc::closed`: a closed connection has nothing to
/// drain.
boost::asio::awaitable<void> all_drained(boost::asio::any_io_executor executor,
                                         std::vector<boost::asio::awaitable<void>> drains);

/// Returns when the server has processed all that was published before. A link that is lost meanwhile does not lose
/// that: the next one gets it. Throws nats `errc::timeout` at the deadline, and `errc::closed`.
boost::asio::awaitable<void> all_sent(nats::connection connection, std::chrono::steady_clock::time_point deadline);

}  // namespace mote::micro::detail
