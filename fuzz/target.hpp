#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

/// A fuzz target takes any bytes and throws when the code under it breaks a promise. It is run by libFuzzer, and over its
/// folder in `corpus/` by the tests.
namespace mote::fuzz {

int bundle_archive(const std::uint8_t* data, std::size_t size);
int bundle_text(const std::uint8_t* data, std::size_t size);
int hn_item(const std::uint8_t* data, std::size_t size);
int http_request(const std::uint8_t* data, std::size_t size);
int jetstream_replies(const std::uint8_t* data, std::size_t size);
int json_decode(const std::uint8_t* data, std::size_t size);
int kv_entry(const std::uint8_t* data, std::size_t size);
int micro_replies(const std::uint8_t* data, std::size_t size);
int nats_context(const std::uint8_t* data, std::size_t size);
int nats_credentials(const std::uint8_t* data, std::size_t size);
int nats_headers(const std::uint8_t* data, std::size_t size);
int nats_info(const std::uint8_t* data, std::size_t size);
int nats_protocol(const std::uint8_t* data, std::size_t size);
int nats_server_address(const std::uint8_t* data, std::size_t size);
int nats_socks5(const std::uint8_t* data, std::size_t size);
int object_info(const std::uint8_t* data, std::size_t size);
int version_range(const std::uint8_t* data, std::size_t size);

/// Throws `std::logic_error`: the finding.
inline void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(data), size};
}

/// Takes the first line off `rest`, without its end: inputs of several parts have a line each.
inline std::string_view take_line(std::string_view& rest) noexcept {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line;
}

}  // namespace mote::fuzz
