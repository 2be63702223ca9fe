#pragma once

#include <mote/jetstream/consumer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::jetstream::detail {

/// Reads what the reply subject of a message that a consumer delivers says of it: `$JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<time>.<pending>`, and the form with domain and account
/// hash before the stream (11 tokens and more). Nothing for any other subject.
std::optional<delivery_info> parse_ack_subject(std::string_view subject) noexcept;

/// Reads a whole decimal number.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// Reads RFC 3339 with up to nine fractional digits, in UTC or with an offset; nothing for anything else or for a year
/// that the clock cannot hold.
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) noexcept;

}  // namespace mote::jetstream::detail
