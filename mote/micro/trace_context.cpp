#include <mote/micro/trace_context.hpp>

#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/random_bytes.hpp>
#include <mote/micro/detail/trace_state.hpp>

#include <algorithm>

namespace mote::micro {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t version_0_length = 55;
constexpr std::uint8_t invalid_version = 0xff;
constexpr std::uint8_t sampled_flag = 1;
constexpr std::uint8_t random_flag = 2;

template <std::size_t Size>
std::string to_hex(const std::array<std::uint8_t, Size>& bytes) {
    std::string text;
    text.reserve(2 * Size);
    for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

/// False when `text` is not `Size` bytes in lower-case hex digits.
template <std::size_t Size>
bool from_hex(std::string_view text, std::array<std::uint8_t, Size>& bytes) {
    if (text.size() != 2 * Size) return false;
    for (std::size_t at = 0; at < Size; ++at) {
        const auto high = digits.find(text[2 * at]);
        const auto low = digits.find(text[2 * at + 1]);
        if (high == digits.npos || low == digits.npos) return false;
        bytes[at] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

template <std::size_t Size>
bool is_zero(const std::array<std::uint8_t, Size>& id) {
    return std::all_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t Size>
void make_id(std::array<std::uint8_t, Size>& id) {
    do {
        detail::fill_random(id);
    } while (is_zero(id));
}

bool is_name(std::string_view name, std::string_view lower) {
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char mine, char wanted) {
        return (mine >= 'A' && mine <= 'Z' ? static_cast<char>(mine - 'A' + 'a') : mine) == wanted;
    });
}

template <class Headers>
std::optional<trace_context> read_trace(const Headers& headers) {
    if (headers.empty()) return std::nullopt;
    std::optional<std::string_view> parent;
    std::string state;
    for (const auto& [name, value] : headers) {
        if (is_name(name, traceparent_header)) {
            if (parent) return std::nullopt;
            parent = value;
        } else if (is_name(name, tracestate_header)) {
            if (!state.empty()) state += ',';
            state += value;
        }
    }
    return parent ? trace_context::parse(*parent, state) : std::nullopt;
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view traceparent, std::string_view tracestate) {
    if (traceparent.size() < version_0_length || traceparent[2] != '-' || traceparent[35] != '-' ||
        traceparent[52] != '-')
        return std::nullopt;
    trace_context trace;
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    if (!from_hex(traceparent.substr(0, 2), version) || !from_hex(traceparent.substr(3, 32), trace.trace_id) ||
        !from_hex(traceparent.substr(36, 16), trace.span_id) || !from_hex(traceparent.substr(53, 2), flags))
        return std::nullopt;
    if (version[0] == invalid_version || is_zero(trace.trace_id) || is_zero(trace.span_id)) return std::nullopt;
    const bool longer = traceparent.size() > version_0_length;
    if (longer && (version[0] == 0 || traceparent[version_0_length] != '-')) return std::nullopt;
    trace.sampled = (flags[0] & sampled_flag) != 0;
    trace.random_id = (flags[0] & random_flag) != 0;
    trace.state = detail::normal_trace_state(tracestate).value_or(std::string());
    return trace;
}

trace_context trace_context::root(bool sampled) {
    trace_context trace;
    make_id(trace.trace_id);
    make_id(trace.span_id);
    trace.sampled = sampled;
    trace.random_id = true;
    return trace;
}

trace_context trace_context::child() const {
    auto trace = *this;
    make_id(trace.span_id);
    return trace;
}

std::string trace_context::traceparent() const {
    const std::array flags{static_cast<std::uint8_t>((sampled ? sampled_flag : 0) | (random_id ? random_flag : 0))};
    return "00-" + to_hex(trace_id) + "-" + to_hex(span_id) + "-" + to_hex(flags);
}

std::string trace_context::trace_id_hex() const { return to_hex(trace_id); }
std::string trace_context::span_id_hex() const { return to_hex(span_id); }

std::optional<trace_context> trace_in(const nats::headers_view& headers) { return read_trace(headers); }
std::optional<trace_context> trace_in(const nats::headers& headers) { return read_trace(headers); }

void inject(nats::headers& headers, const trace_context& trace) {
    headers.set(traceparent_header, trace.traceparent());
    if (trace.state.empty())
        headers.remove(tracestate_header);
    else
        headers.set(tracestate_header, trace.state);
}

std::optional<trace_context> trace_of(const request& req) {
    const auto* const notes = detail::call_notes::of(req);
    return notes != nullptr && notes->trace ? notes->trace : trace_in(req.headers());
}

std::optional<trace_context> trace_of(const event& seen) { return trace_of(detail::call_notes::of(seen)); }

}  // namespace mote::micro
