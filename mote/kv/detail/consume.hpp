#pragma once

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/detail/layout.hpp>
#include <mote/kv/watcher.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// Reading entries from a bucket's stream in order.
namespace mote::kv::detail {

/// What a watch of keys asks the stream for.
jetstream::ordered_consumer_options consumer_options(std::vector<std::string> subjects, const watch_options& opts);

/// Throws `errc::bucket_not_found`.
boost::asio::awaitable<jetstream::ordered_consumer> consume(jetstream::context js, layout_ptr where,
                                                            jetstream::ordered_consumer_options opts);

/// Awaits a message of such a consumer. Throws `errc::bucket_not_found` when the bucket is gone.
boost::asio::awaitable<std::optional<jetstream::ordered_message>> next_of(
    boost::asio::awaitable<std::optional<jetstream::ordered_message>> reading, layout_ptr where);

}  // namespace mote::kv::detail
