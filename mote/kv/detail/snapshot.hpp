#pragma once

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/detail/layout.hpp>
#include <mote/kv/watcher.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::kv::detail {

/// What is in a bucket now, entry by entry, then the end. A key that is changed meanwhile may come twice.
class snapshot {
public:
    static boost::asio::awaitable<std::shared_ptr<snapshot>> open(jetstream::context js, layout_ptr where,
                                                                  std::vector<std::string> subjects,
                                                                  watch_options opts);

    /// How many entries there are, as the server counted at the start.
    std::uint64_t size() const noexcept { return consumer_.initial_pending(); }
    /// The next one; nothing at the end. Throws `nats::errc::timeout` when nothing comes for as long as a request may take.
    static boost::asio::awaitable<std::optional<entry>> next(std::shared_ptr<snapshot> self);

private:
    snapshot(jetstream::ordered_consumer consumer, layout_ptr where, std::chrono::nanoseconds patience);

    jetstream::ordered_consumer consumer_;
    layout_ptr where_;
    std::chrono::nanoseconds patience_;
};

}  // namespace mote::kv::detail
