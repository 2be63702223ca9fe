#pragma once

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/watcher.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// Reading entries from a bucket's stream in order.
namespace mote::kv::detail {

/// What a watch of keys asks the stream for.
jetstream::ordered_consumer_options consumer_options(const std::string& bucket, const std::vector<std::string>& filters,
                                                     const watch_options& opts);

/// Throws `errc::bucket_not_found`.
boost::asio::awaitable<jetstream::ordered_consumer> consume(jetstream::context js, std::string bucket,
                                                            jetstream::ordered_consumer_options opts);

/// Awaits a message of such a consumer. Throws `errc::bucket_not_found` when the bucket is gone.
boost::asio::awaitable<std::optional<jetstream::ordered_message>> next_of(
    boost::asio::awaitable<std::optional<jetstream::ordered_message>> reading, std::string bucket);

}  // namespace mote::kv::detail
