#pragma once

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// An instance says with 413 that its reply to INFO or STATS would not fit into a message (docs/protocol.md, "Pages").
bool means_too_large(const nats::message& reply);

/// The subject that asks one instance alone, of the PING reply that is the body of such an answer. Throws
/// `errc::bad_reply`.
std::string page_subject(std::string_view verb, const nats::message& reply);

/// The reply in one piece, put together of as many pages as it takes. Throws `errc::bad_reply`, and what
/// `nats::connection::request` throws.
boost::asio::awaitable<std::string> paged_reply(nats::connection connection, std::string subject,
                                                std::chrono::steady_clock::time_point deadline);

}  // namespace mote::micro::detail
