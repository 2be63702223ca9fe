#pragma once

#include <mote/nats/connection.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace mote::micro::detail {

class stream_sender;

/// Brings what readers say to the streams that they read: one subscription for all streams of an endpoint. On the
/// connection's executor only.
class stream_control : public std::enable_shared_from_this<stream_control> {
public:
    /// Throws what `nats::connection::subscribe` throws.
    static std::shared_ptr<stream_control> open(const nats::connection& connection);

    /// The subject on which the stream gets its orders, until `remove`.
    std::string add(const std::shared_ptr<stream_sender>& stream);
    void remove(const std::string& subject) noexcept;
    /// False once the subscription has ended: no order will come.
    bool active() const noexcept { return orders_.active(); }

private:
    void on_message(const nats::message_view& message);
    void on_end() noexcept;

    std::string prefix_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::string, std::weak_ptr<stream_sender>> streams_;
    nats::subscription orders_;
};

}  // namespace mote::micro::detail
