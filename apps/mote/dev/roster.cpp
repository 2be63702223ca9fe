#include <apps/mote/dev/roster.hpp>

#include <mote/micro/detail/reply.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>

namespace mote::command {
namespace {

constexpr std::size_t most_instances = 10'000;

}  // namespace

roster::roster(const nats::connection& connection)
    : connection_(connection),
      inbox_(connection.new_inbox()),
      seen_(std::make_shared<std::map<std::string, std::string>>()),
      replies_(connection.subscribe(inbox_, [seen = seen_](const nats::message_view& reply) {
          try {
              const auto service = micro::detail::parse_ping_reply(reply.payload);
              if (seen->size() >= most_instances) seen->clear();
              seen->insert_or_assign(service.id, service.name);
          } catch (const std::exception&) {
              return;  // that nobody is there, or no reply of a service
          }
      })) {}

void roster::ask() noexcept {
    try {
        connection_.publish("$SRV.PING", inbox_, "", nats::headers());
    } catch (const std::exception&) {
        return;  // it is closed, or its buffer is full: the next question comes soon
    }
}

}  // namespace mote::command
