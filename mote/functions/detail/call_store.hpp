#pragma once

#include <mote/functions/async_call.hpp>
#include <mote/functions/async_queue.hpp>
#include <mote/jetstream/context.hpp>
#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mote::functions::detail {

/// A record with the revision that it has in the bucket.
struct kept_record {
    call_record what{};
    kv::revision revision = 0;
};

/// Stream and bucket of the queued calls; a light handle.
class call_store {
public:
    /// Opens them, or creates them.
    static boost::asio::awaitable<call_store> open(jetstream::context js, async_queue_options opts);

    /// Nothing when there is none. A record that cannot be read counts as none, with its revision.
    boost::asio::awaitable<kept_record> read(std::string call_id) const;
    /// Writes when `expected` is the newest revision (0: there is none); nothing when it is not.
    boost::asio::awaitable<std::optional<kv::revision>> write(std::string call_id, std::string text,
                                                              kv::revision expected) const;
    /// How many messages the stream has of each function.
    boost::asio::awaitable<std::map<function_name, std::uint64_t>> pending() const;

    const jetstream::context& js() const noexcept { return js_; }

private:
    call_store(jetstream::context js, kv::bucket bucket) : js_(std::move(js)), bucket_(std::move(bucket)) {}

    jetstream::context js_;
    kv::bucket bucket_;
};

}  // namespace mote::functions::detail
