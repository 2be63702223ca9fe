#pragma once

#include <mote/micro/service_error.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

namespace mote::micro {

/// The error that a reply carries in its `Nats-Service-Error` headers (ADR-32); nothing when it carries none. A code
/// that is no number from 100 to 999 becomes 500, as the text is what counts; no text becomes `no description`.
std::optional<service_error> error_in(const nats::message_view& reply);

/// Asks an endpoint at once and returns its reply. Throws `service_error` when the reply carries one, else what
/// `nats::connection::request` throws (`no_responders` at once, `timeout`). The executor of the connection.
boost::asio::awaitable<nats::message> call(nats::connection connection, std::string subject, std::string payload,
                                           nats::request_options opts = nats::request_options());

}  // namespace mote::micro
