#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::http::protocol {

/// The words of a status, or `Unknown`.
std::string_view reason_of(int status) noexcept;

/// `Date: ...` with its line end, of a time in seconds since 1970.
std::string date_line(std::int64_t seconds);

/// Writes the head of one response: begin, headers, and one of the ends.
class response_head {
public:
    /// Appends the status line to `out`. Throws `std::invalid_argument` outside 200..599.
    response_head(std::string& out, int status, int minor_version);

    /// Throws `std::invalid_argument` for what cannot be sent. Leaves out what is not the handler's to say, and keeps what a
    /// `Content-Length` and a `Connection: close` among it said.
    void add(std::string_view name, std::string_view value);
    std::optional<std::uint64_t> content_length() const noexcept { return length_; }
    bool close() const noexcept { return close_; }

    enum class framing { none, length, chunked, until_close };
    /// Ends the head. `date` is a line with its end; it is left out where the handler gave one.
    void end(framing body, std::uint64_t length, bool keep_alive, std::string_view date);

private:
    bool reserved(std::string_view name, std::string_view value);

    std::string& out_;
    int minor_version_;
    std::optional<std::uint64_t> length_{};
    bool close_ = false;
    bool date_ = false;
};

/// A response to HEAD, and those of 204 and 304, have no body.
constexpr bool has_body(int status, std::string_view method) noexcept {
    return method != "HEAD" && status != 204 && status != 304;
}

void append_chunk(std::string& out, std::string_view piece);
void append_last_chunk(std::string& out);

}  // namespace mote::http::protocol
