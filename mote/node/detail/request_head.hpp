#pragma once

#include <mote/node/detail/http_exchange.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// Replaces `out` by the head of a request as it goes to a function's process. A body without a `length` goes in chunks.
/// Throws `errc::bad_request` for a method, a target or a header that could be taken for something else.
void write_request_head(const upstream_request& asked, std::string_view base_path, std::optional<std::uint64_t> length,
                        std::string& out);

/// Whether a request of this method may be sent twice (RFC 9110, 9.2.2).
bool is_idempotent(std::string_view method) noexcept;

}  // namespace mote::node::detail
