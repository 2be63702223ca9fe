#include <mote/gateway/detail/cancel_unless_done.hpp>

#include <mote/micro/cancel.hpp>

#include <exception>

namespace mote::gateway::detail {

void cancel_call(const nats::connection& connection, std::string_view token) noexcept {
    try {
        connection.publish(std::string(micro::cancel_prefix).append(token), {});
    } catch (const std::exception&) {
        return;  // then its deadline ends it
    }
}

}  // namespace mote::gateway::detail
