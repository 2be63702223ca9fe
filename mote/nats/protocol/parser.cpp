#include <mote/nats/protocol/parser.hpp>

#include <mote/nats/protocol/blank_scanner.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

namespace mote::nats::protocol {
namespace {

constexpr std::size_t max_arguments = 5;

parse_result complete(std::size_t size) noexcept { return {parse_result::kind::complete, parse_error::none, size}; }
parse_result incomplete(std::size_t size) noexcept { return {parse_result::kind::incomplete, parse_error::none, size}; }
parse_result invalid(parse_error error) noexcept { return {parse_result::kind::invalid, error, 0}; }

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_word(std::string_view text, std::string_view word) noexcept {
    if (text.size() != word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (upper(text[i]) != word[i]) return false;
    return true;
}

/// The blank-separated arguments of one control line.
struct arguments {
    std::array<std::string_view, max_arguments> items;
    std::size_t count = 0;
    bool too_many = false;

    explicit arguments(std::string_view line) noexcept {
        const char* at = line.data();
        const char* const end = at + line.size();
        while (at != end) {
            if (is_blank(*at)) {
                ++at;
                continue;
            }
            const char* const begin = at;
            while (at != end && !is_blank(*at)) ++at;
            too_many = count == max_arguments;
            if (too_many) return;
            items[count++] = {begin, static_cast<std::size_t>(at - begin)};
        }
    }
};

/// For numbers with leading zeros, or so many digits that they may not fit.
template <class Number>
bool to_number_slowly(std::string_view text, Number& out) noexcept {
    const char* const end = text.data() + text.size();
    Number value = 0;
    const auto [rest, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc() || rest != end) return false;
    out = value;
    return true;
}

/// Inline: the call would cost more than the one or two digits of most messages' numbers.
template <class Number>
[[gnu::always_inline]] inline bool to_number(std::string_view text, Number& out) noexcept {
    if (text.empty()) return false;
    if (text.size() > std::numeric_limits<Number>::digits10) return to_number_slowly(text, out);
    Number value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        value = static_cast<Number>(value * 10 + static_cast<Number>(c - '0'));
    }
    out = value;
    return true;
}

/// Completes a frame whose line ends with the sizes: `header_size` 0 when there is no header block.
parse_result take_body(std::string_view input, std::size_t line_size, std::size_t header_size, std::size_t total_size,
                       frame& out, const limits& bounds) noexcept {
    constexpr std::size_t largest = std::numeric_limits<std::size_t>::max() / 2;  // the sum below stays in range
    if (total_size > bounds.max_payload || total_size > largest) return invalid(parse_error::payload_too_large);
    if (header_size > total_size) return invalid(parse_error::bad_header_size);
    const std::size_t needed = line_size + total_size + 2;
    if (input.size() < needed) return incomplete(needed);
    if (input[needed - 2] != '\r' || input[needed - 1] != '\n') return invalid(parse_error::bad_terminator);
    out.headers = headers_view({input.data() + line_size, header_size});
    out.payload = {input.data() + line_size + header_size, total_size - header_size};
    return complete(needed);
}

bool is_header_block(std::string_view bytes) noexcept {
    constexpr std::string_view version = "NATS/1.0";
    return bytes.size() >= version.size() + 4 && bytes.starts_with(version);
}

parse_result take_msg(std::string_view input, std::size_t line_size, std::string_view rest, bool has_headers,
                      frame& out, const limits& bounds) noexcept {
    // MSG <subject> <sid> [reply] <size>, HMSG <subject> <sid> [reply] <header size> <size>
    const arguments args(rest);
    const std::size_t sizes = has_headers ? 2 : 1;
    if (args.too_many || args.count < 2 + sizes || args.count > 3 + sizes) return invalid(parse_error::bad_arguments);
    std::size_t header_size = 0;
    std::size_t total_size = 0;
    if (!to_number(args.items[1], out.sid) || !to_number(args.items[args.count - 1], total_size))
        return invalid(parse_error::bad_number);
    if (has_headers && !to_number(args.items[args.count - 2], header_size)) return invalid(parse_error::bad_number);
    out.op = operation::msg;
    out.subject = args.items[0];
    out.reply = args.count == 3 + sizes ? args.items[2] : std::string_view{};
    const auto result = take_body(input, line_size, header_size, total_size, out, bounds);
    // What is in a block is between the clients, the server passes all on: it is no fault of the link.
    out.has_bad_headers = has_headers && !is_header_block(out.headers.raw());
    if (out.has_bad_headers) out.headers = {};
    return result;
}

parse_result take_pub(std::string_view input, std::size_t line_size, std::string_view rest, bool has_headers,
                      frame& out, const limits& bounds) noexcept {
    // PUB <subject> [reply] <size>, HPUB <subject> [reply] <header size> <size>
    const arguments args(rest);
    const std::size_t sizes = has_headers ? 2 : 1;
    if (args.too_many || args.count < 1 + sizes || args.count > 2 + sizes) return invalid(parse_error::bad_arguments);
    std::size_t header_size = 0;
    std::size_t total_size = 0;
    if (!to_number(args.items[args.count - 1], total_size)) return invalid(parse_error::bad_number);
    if (has_headers && !to_number(args.items[args.count - 2], header_size)) return invalid(parse_error::bad_number);
    out.op = operation::pub;
    out.subject = args.items[0];
    out.reply = args.count == 2 + sizes ? args.items[1] : std::string_view{};
    const auto result = take_body(input, line_size, header_size, total_size, out, bounds);
    if (result.status == parse_result::kind::complete && has_headers && !is_header_block(out.headers.raw()))
        return invalid(parse_error::bad_header_size);
    return result;
}

parse_result take_sub(std::size_t line_size, std::string_view rest, frame& out) noexcept {
    // SUB <subject> [queue group] <sid>
    const arguments args(rest);
    if (args.too_many || args.count < 2 || args.count > 3) return invalid(parse_error::bad_arguments);
    if (!to_number(args.items[args.count - 1], out.sid)) return invalid(parse_error::bad_number);
    out.op = operation::sub;
    out.subject = args.items[0];
    out.reply = args.count == 3 ? args.items[1] : std::string_view{};
    return complete(line_size);
}

parse_result take_unsub(std::size_t line_size, std::string_view rest, frame& out) noexcept {
    // UNSUB <sid> [max]
    const arguments args(rest);
    if (args.too_many || args.count < 1 || args.count > 2) return invalid(parse_error::bad_arguments);
    out.max = 0;
    if (!to_number(args.items[0], out.sid)) return invalid(parse_error::bad_number);
    if (args.count == 2 && !to_number(args.items[1], out.max)) return invalid(parse_error::bad_number);
    out.op = operation::unsub;
    return complete(line_size);
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view unquote(std::string_view text) noexcept {
    text = trim(text);
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') text = text.substr(1, text.size() - 2);
    return text;
}

/// One line split in its first word, the rest, and the bytes that it takes with its end.
struct control_line {
    std::string_view word;
    std::string_view rest;
    std::size_t size = 0;
};

bool carries_json(std::string_view input) noexcept {
    return input.size() >= 4 && (is_word(input.substr(0, 4), "INFO") || is_word(input.substr(0, 4), "CONN"));
}

parse_result take_line(std::string_view input, control_line& out, const limits& bounds) noexcept {
    const std::size_t bound = carries_json(input) ? bounds.max_info_line : bounds.max_control_line;
    const auto* const newline =
        input.empty() ? nullptr : static_cast<const char*>(std::memchr(input.data(), '\n', input.size()));
    if (newline == nullptr)
        return input.size() > bound ? invalid(parse_error::line_too_long) : incomplete(input.size() + 1);
    out.size = static_cast<std::size_t>(newline - input.data()) + 1;
    if (out.size > bound) return invalid(parse_error::line_too_long);
    auto line = input.substr(0, out.size - 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    std::size_t word = 0;
    while (word < line.size() && !is_blank(line[word])) ++word;
    out.word = line.substr(0, word);
    out.rest = line.substr(word);
    return complete(out.size);
}

/// The operation that nearly all input consists of, in the form in which servers write it: `MSG subject sid [reply] size`
/// with single blanks and CR LF. False for all else, also when not all of it is here.
bool take_common_msg(std::string_view input, frame& out, const limits& bounds, parse_result& result) noexcept {
    constexpr std::string_view word = "MSG ";
    if (!input.starts_with(word)) return false;
    const char* const begin = input.data();
    const char* const end = begin + input.size();
    blank_scanner blanks(begin, end, word.size());
    const auto text = [](const char* from, const char* to) {
        return std::string_view(from, static_cast<std::size_t>(to - from));
    };

    const char* const after_subject = blanks.next();
    if (*after_subject != ' ') return false;
    const char* const after_sid = blanks.next();
    if (*after_sid != ' ') return false;
    const char* size_at = after_sid + 1;
    const char* after_size = blanks.next();
    std::string_view reply;
    if (*after_size == ' ') {
        reply = text(size_at, after_size);
        if (reply.empty()) return false;
        size_at = after_size + 1;
        after_size = blanks.next();
    }
    if (*after_size != '\r' || after_size + 1 == end || after_size[1] != '\n') return false;

    const auto line = text(begin, after_size + 2);
    std::size_t size = 0;
    std::uint64_t sid = 0;
    if (!to_number(text(after_subject + 1, after_sid), sid) || !to_number(text(size_at, after_size), size))
        return false;
    if (size > bounds.max_payload || line.size() > bounds.max_control_line) return false;
    if (input.size() - line.size() < size + 2) return false;
    const char* const payload = after_size + 2;
    if (std::memcmp(payload + size, "\r\n", 2) != 0) return false;

    out.op = operation::msg;
    out.subject = text(begin + word.size(), after_subject);
    if (out.subject.empty()) return false;
    out.reply = reply;
    out.sid = sid;
    out.headers = {};
    out.has_bad_headers = false;
    out.payload = {payload, size};
    result = complete(line.size() + size + 2);
    return true;
}

}  // namespace

parse_result parse_server_frame(std::string_view input, frame& out, const limits& bounds) noexcept {
    parse_result result;
    if (take_common_msg(input, out, bounds, result)) return result;
    control_line line;
    result = take_line(input, line, bounds);
    if (result.status != parse_result::kind::complete) return result;
    if (is_word(line.word, "MSG")) return take_msg(input, line.size, line.rest, false, out, bounds);
    if (is_word(line.word, "HMSG")) return take_msg(input, line.size, line.rest, true, out, bounds);
    if (is_word(line.word, "PING")) {
        out.op = operation::ping;
    } else if (is_word(line.word, "PONG")) {
        out.op = operation::pong;
    } else if (is_word(line.word, "INFO")) {
        out.op = operation::info;
        out.text = trim(line.rest);
    } else if (is_word(line.word, "+OK")) {
        out.op = operation::ok;
    } else if (is_word(line.word, "-ERR")) {
        out.op = operation::err;
        out.text = unquote(line.rest);
    } else {
        return invalid(parse_error::unknown_operation);
    }
    return result;
}

parse_result parse_client_frame(std::string_view input, frame& out, const limits& bounds) noexcept {
    control_line line;
    if (const auto taken = take_line(input, line, bounds); taken.status != parse_result::kind::complete) return taken;
    if (is_word(line.word, "PUB")) return take_pub(input, line.size, line.rest, false, out, bounds);
    if (is_word(line.word, "HPUB")) return take_pub(input, line.size, line.rest, true, out, bounds);
    if (is_word(line.word, "SUB")) return take_sub(line.size, line.rest, out);
    if (is_word(line.word, "UNSUB")) return take_unsub(line.size, line.rest, out);
    if (is_word(line.word, "PING")) {
        out.op = operation::ping;
    } else if (is_word(line.word, "PONG")) {
        out.op = operation::pong;
    } else if (is_word(line.word, "CONNECT")) {
        out.op = operation::connect;
        out.text = trim(line.rest);
    } else {
        return invalid(parse_error::unknown_operation);
    }
    return complete(line.size);
}

std::string_view describe(parse_error error) noexcept {
    switch (error) {
        case parse_error::none: return "no error";
        case parse_error::unknown_operation: return "unknown operation";
        case parse_error::bad_arguments: return "wrong number of arguments";
        case parse_error::bad_number: return "not a number";
        case parse_error::line_too_long: return "control line too long";
        case parse_error::payload_too_large: return "message larger than the limit";
        case parse_error::bad_terminator: return "message without its end";
        case parse_error::bad_header_size: return "bad header block";
    }
    return "unknown error";
}

}  // namespace mote::nats::protocol
