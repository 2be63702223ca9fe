#pragma once

#include <mote/http/message.hpp>
#include <mote/http/protocol/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::http::protocol {

/// Finds the end of a request's head in bytes that come piece by piece, and looks at each byte once. Each line must end in
/// CRLF; one empty line before the first is skipped, as RFC 9112, 2.2 asks.
class head_scanner {
public:
    enum class result { more, complete, bare_line_feed };

    /// `bytes` are all that came since `reset`.
    result scan(std::string_view bytes) noexcept;
    /// After `complete`: the head in `bytes`, with the empty line that ends it.
    std::string_view head(std::string_view bytes) const noexcept { return bytes.substr(begin_, line_ - begin_); }
    /// After `complete`: what the head took of the bytes.
    std::size_t size() const noexcept { return line_; }
    bool has_first_line() const noexcept { return line_ > begin_; }
    void reset() noexcept { *this = {}; }

private:
    std::size_t begin_ = 0;    // of the first line
    std::size_t line_ = 0;     // of the line that has not ended
    std::size_t scanned_ = 0;  // no line feed from line_ to here
};

struct head_limits {
    std::size_t target = 4096;
    std::size_t headers = 100;
};

/// What the head of a request says. All views are into the bytes it was read from.
struct request_head {
    std::string_view method{};
    std::string_view target{};  // as it was sent
    std::string_view path{};    // of the target, not decoded; `*` of OPTIONS
    std::string_view query{};   // behind the `?`, not decoded
    std::string_view host{};
    std::string_view upgrade{};  // the protocols to change to; empty in HTTP/1.0, which has to pass them over
    std::vector<header_view> headers{};
    int minor_version = 1;
    bool keep_alive = true;
    bool expects_continue = false;
    bool chunked = false;
    std::optional<std::uint64_t> content_length{};

    void clear() noexcept;
};

/// Reads a head as `head_scanner` gives it. Refuses whatever two readers could take for two things: this is the edge.
refusal parse_request_head(std::string_view head, const head_limits& limits, request_head& into);

}  // namespace mote::http::protocol
