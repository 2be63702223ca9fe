#include <mote/gateway/detail/call_head.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/gateway/detail/translate.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <openssl/rand.h>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace call_headers = functions::call_headers;

constexpr std::string_view duration_header = "X-Duration-Seconds";
constexpr std::string_view served_by_header = "X-Served-By";
constexpr std::string_view served_by = "mote/" MOTE_VERSION;
constexpr std::string_view user_agent_header = "User-Agent";
constexpr std::string_view user_agent = "mote-gateway/" MOTE_VERSION;  // of a client that sends none

/// Of OpenSSL's generator, a block at a time.
std::uint64_t random_bits() {
    static thread_local std::array<std::uint64_t, 128> block;
    static thread_local std::size_t used = block.size();
    if (used == block.size()) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(block.data()), sizeof block) != 1)
            throw std::runtime_error("OpenSSL has no random bytes");
        used = 0;
    }
    return std::exchange(block[used++], 0);
}

/// A UUID of version 4, which nobody can tell from earlier ones: who knows the id of a queued call reads its answer.
std::string new_call_id() {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::uint64_t version_mask = 0xffff'ffff'ffff'0fffU;
    constexpr std::uint64_t version_4 = 0x4000U;
    constexpr std::uint64_t variant_mask = 0x3fff'ffff'ffff'ffffU;
    constexpr std::uint64_t variant = 0x8000'0000'0000'0000U;
    const std::array<std::uint64_t, 2> halves{(random_bits() & version_mask) | version_4,
                                              (random_bits() & variant_mask) | variant};
    std::string text;
    text.reserve(36);
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text.push_back('-');
        text.push_back(digits[(halves[static_cast<std::size_t>(nibble / 16)] >> (60 - 4 * (nibble % 16))) & 15U]);
    }
    return text;
}

std::string_view name_of(const http::header_view& header) { return header.name; }
std::string_view name_of(const std::pair<std::string, std::string>& header) { return header.first; }

/// Unless `headers` have it.
template <class Headers>
void add_missing(Headers& headers, std::string_view name, std::string_view value) {
    const auto is_same = [&](const auto& each) { return http::same_name(name_of(each), name); };
    if (std::ranges::none_of(headers, is_same))
        headers.push_back(typename Headers::value_type{std::string_view(name), std::string_view(value)});
}

}  // namespace

call_head::call_head(const http::exchange& asked, std::chrono::system_clock::time_point time,
                     std::chrono::steady_clock::time_point began)
    : began_(began) {
    const auto given = asked.header(call_headers::call_id).value_or("");
    call_id_ = given.empty() ? new_call_id() : std::string(given);
    const auto since = time.time_since_epoch();
    start_time_ = std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

nats::headers call_head::request_headers(const http::exchange& asked, const std::string& below,
                                         bool with_credentials) const {
    // The last one is for the gateway alone where it asks for it.
    constexpr std::array<std::string_view, 3> without{call_headers::call_id, call_headers::start_time, "Authorization"};
    auto result = detail::request_headers(asked, below, std::span(without).first(with_credentials ? 2 : 3));
    result.add(call_headers::call_id, call_id_);
    result.add(call_headers::start_time, start_time_);
    if (!asked.header("X-Forwarded-Host") && !asked.host().empty()) result.add("X-Forwarded-Host", asked.host());
    if (!asked.header("X-Forwarded-For")) result.add("X-Forwarded-For", asked.peer());
    if (!asked.header(user_agent_header)) result.add(user_agent_header, user_agent);
    return result;
}

void call_head::complete(std::vector<http::header_view>& headers, std::string& duration) const {
    duration = call_headers::duration_text(std::chrono::steady_clock::now() - began_);
    add_missing(headers, call_headers::call_id, call_id_);
    add_missing(headers, call_headers::start_time, start_time_);
    add_missing(headers, duration_header, duration);
    add_missing(headers, served_by_header, served_by);
}

void call_head::complete(http::header_list& headers) const {
    add_missing(headers, call_headers::call_id, call_id_);
    add_missing(headers, call_headers::start_time, start_time_);
    add_missing(headers, duration_header, call_headers::duration_text(std::chrono::steady_clock::now() - began_));
    add_missing(headers, served_by_header, served_by);
}

}  // namespace mote::gateway::detail
