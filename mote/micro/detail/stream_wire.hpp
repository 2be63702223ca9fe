#pragma once

#include <mote/nats/headers.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::micro::detail {

// What the messages of a stream of replies carry: docs/protocol.md, "Streaming replies".

inline constexpr std::string_view stream_window_header = "Mote-Stream-Window";  // of the request: items
inline constexpr std::string_view stream_item_header = "Mote-Stream-Seq";       // of an item: 1, 2, 3, ...
inline constexpr std::string_view stream_end_header = "Mote-Stream-End";        // of the last message: how many items
inline constexpr std::uint64_t largest_window = 65536;

/// A header's value when it is a number of 1 to 18 digits; nothing else.
std::optional<std::uint64_t> number_in(const nats::headers_view& headers, std::string_view name);
/// Up to `largest_window`, which stands for all that is larger; nothing without one.
std::optional<std::uint64_t> window_in(const nats::headers_view& headers);

/// What a reader says to the stream that it reads.
struct stream_order {
    std::uint64_t more = 0;  // so many items more may be under way
    bool cancel = false;
};

inline constexpr std::string_view cancel_order = "cancel";
std::string more_order(std::uint64_t items);
/// Nothing for text that is no order.
std::optional<stream_order> parse_order(std::string_view text);

}  // namespace mote::micro::detail
