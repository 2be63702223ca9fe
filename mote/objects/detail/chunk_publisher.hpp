#pragma once

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mote::objects::detail {

/// Publishes the chunks of one object in order, with a bounded number of acknowledgements outstanding. Each chunk is
/// checked to be stored behind the one before: a retry that a restarting server makes necessary must not change the order.
/// Await `settle` before it is destroyed, to leave nothing on its way.
class chunk_publisher {
public:
    /// Of 128 KiB as many as max_outstanding_bytes lets through: enough to go on while the server is held up for a moment.
    static constexpr std::size_t max_outstanding = 32;
    /// Half of what a connection buffers by default: other publishers have a place too. One chunk may always be sent.
    static constexpr std::size_t max_outstanding_bytes = std::size_t{4} * 1024 * 1024;

    chunk_publisher(jetstream::context js, std::string subject, std::size_t chunk_size);

    /// Sends a chunk once there is room for it. Throws the first failure of this one or of those before.
    boost::asio::awaitable<void> send(std::string_view chunk);
    /// Waits until all chunks are stored. Throws the first failure.
    boost::asio::awaitable<void> finish();
    /// Waits until nothing is on its way any more, whatever became of it.
    boost::asio::awaitable<void> settle();

private:
    struct window;
    boost::asio::awaitable<void> wait_until_at_most(std::size_t outstanding);
    boost::asio::awaitable<jetstream::publish_ack> publish(std::string_view chunk, bool& buffer_full);

    jetstream::context js_;
    std::string subject_;
    std::size_t limit_;
    std::shared_ptr<window> window_;  // shared with the publishes on their way
};

}  // namespace mote::objects::detail
