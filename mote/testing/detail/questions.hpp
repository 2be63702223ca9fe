#pragma once

#include <mote/testing/detail/deadline.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mote::testing::detail {

/// The first words of a nats-server to a client: its INFO with the line's end. Empty when nothing came in time.
std::string greeting(std::uint16_t port, const deadline& limit);

/// One request to a nats-server that asks for no login, over a connection of its own; all that it sent in answer up to
/// `reply_end`, which has to be in the reply. Empty when that did not come in time.
std::string ask(std::uint16_t port, std::string_view subject, std::string_view payload, std::string_view reply_end,
                const deadline& limit);

/// What an HTTP server on this port of 127.0.0.1 answers to GET, with its headers; empty when nothing came in time.
std::string http_get(std::uint16_t port, std::string_view path, const deadline& limit);

}  // namespace mote::testing::detail
