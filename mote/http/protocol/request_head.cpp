#include <mote/http/protocol/request_head.hpp>

#include <mote/http/protocol/characters.hpp>

#include <cstring>
#include <utility>

namespace mote::http::protocol {

head_scanner::result head_scanner::scan(std::string_view bytes) noexcept {
    while (scanned_ < bytes.size()) {
        const void* const found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
        if (found == nullptr) {
            scanned_ = bytes.size();
            return result::more;
        }
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        if (at == line_ || bytes[at - 1] != '\r') return result::bare_line_feed;
        const bool empty = at == line_ + 1;
        const bool first = line_ == begin_;
        scanned_ = line_ = at + 1;
        if (empty && first && begin_ != 0) return result::complete;  // a second empty line; nobody can read that
        if (empty && first) begin_ = line_;
        if (empty && !first) return result::complete;
    }
    return result::more;
}

void request_head::clear() noexcept {
    headers.clear();
    method = target = path = query = host = upgrade = {};
    minor_version = 1;
    keep_alive = true;
    expects_continue = chunked = false;
    content_length.reset();
}

namespace {

constexpr std::size_t longest_method = 32;

refusal read_version(std::string_view version, request_head& into) {
    if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.')
        return {400, "the request line does not end in an HTTP version"};
    if (version[5] != '1' || (version[7] != '0' && version[7] != '1')) return {505, "only HTTP/1.0 and HTTP/1.1"};
    into.minor_version = version[7] - '0';
    into.keep_alive = into.minor_version == 1;
    return {};
}

/// `authority` is what an absolute-form target names, else empty.
refusal read_target(request_head& into, std::string_view& authority) {
    if (!is_target(into.target)) return {400, "a character in the target that must be encoded"};
    if (into.method == "CONNECT") return {501, "CONNECT: this is no proxy"};
    std::string_view rest = into.target;
    if (rest == "*") {
        into.path = rest;
        into.query = {};
        return into.method == "OPTIONS" ? refusal() : refusal{400, "the target * is for OPTIONS only"};
    }
    if (rest.front() != '/') {
        const auto colon = rest.find("://");
        if (colon == rest.npos) return {400, "the target is no path"};
        if (!same_name(rest.substr(0, colon), "http") && !same_name(rest.substr(0, colon), "https"))
            return {400, "the target's scheme is neither http nor https"};
        rest.remove_prefix(colon + 3);
        authority = rest.substr(0, rest.find_first_of("/?"));
        if (authority.empty() || !is_host(authority)) return {400, "the target's host is not valid"};
        rest.remove_prefix(authority.size());
    }
    const auto mark = rest.find('?');
    into.path = rest.substr(0, mark);
    into.query = mark == rest.npos ? std::string_view() : rest.substr(mark + 1);
    if (into.path.empty()) into.path = "/";
    return {};
}

refusal read_request_line(std::string_view line, const head_limits& limits, request_head& into,
                          std::string_view& authority) {
    const auto first = line.find(' ');
    if (first == line.npos) return {400, "the request line is not METHOD TARGET VERSION"};
    const auto method = line.substr(0, first);
    if (!is_token(method)) return {400, "the method is not a token"};
    if (method.size() > longest_method) return {501, "the method is longer than 32 characters"};
    into.method = method;
    const auto second = line.find(' ', first + 1);
    if (second == line.npos) return {400, "the request line is not METHOD TARGET VERSION"};
    into.target = line.substr(first + 1, second - first - 1);
    if (into.target.size() > limits.target) return {414, "the target is too long"};
    if (const auto wrong = read_version(line.substr(second + 1), into)) return wrong;
    return read_target(into, authority);
}

/// What of the headers is only known when all are read.
struct framing {
    bool host = false;
    bool length = false;
    bool coding = false;
    bool close = false;
    bool keep = false;
};

refusal read_content_length(std::string_view value, request_head& into) {
    constexpr std::size_t digits = 18;  // so that it fits
    if (value.empty() || value.size() > digits) return {400, "Content-Length is not a length"};
    std::uint64_t length = 0;
    for (const char c : value) {
        if (c < '0' || c > '9') return {400, "Content-Length is not a length"};
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    into.content_length = length;
    return {};
}

/// The few headers that say where a request ends, and for whom it is.
refusal read_special(const header_view& field, request_head& into, framing& seen) {
    switch (field.name.size()) {
        case 4:
            if (!same_name(field.name, "Host")) return {};
            if (std::exchange(seen.host, true)) return {400, "more than one Host"};
            if (!is_host(field.value)) return {400, "Host is not valid"};
            into.host = field.value;
            return {};
        case 6:
            if (!same_name(field.name, "Expect")) return {};
            if (!same_name(field.value, "100-continue")) return {417, "only 100-continue can be expected"};
            into.expects_continue = into.minor_version == 1;
            return {};
        case 7:
            if (same_name(field.name, "Upgrade") && into.minor_version == 1) into.upgrade = field.value;
            return {};
        case 10:
            if (!same_name(field.name, "Connection")) return {};
            seen.close = seen.close || has_word(field.value, "close");
            seen.keep = seen.keep || has_word(field.value, "keep-alive");
            return {};
        case 14:
            if (!same_name(field.name, "Content-Length")) return {};
            if (std::exchange(seen.length, true)) return {400, "more than one Content-Length"};
            return read_content_length(field.value, into);
        case 17:
            if (!same_name(field.name, "Transfer-Encoding")) return {};
            if (std::exchange(seen.coding, true)) return {400, "more than one Transfer-Encoding"};
            if (field.value.empty()) return {400, "Transfer-Encoding is empty"};
            if (!same_name(field.value, "chunked")) return {501, "only the transfer coding chunked is known"};
            into.chunked = true;
            return {};
        default: return {};
    }
}

refusal read_field(std::string_view line, request_head& into, framing& seen) {
    if (line.front() == ' ' || line.front() == '\t') return {400, "a folded header line"};
    const auto colon = line.find(':');
    if (colon == line.npos) return {400, "a header line without a colon"};
    const header_view field{line.substr(0, colon), trimmed(line.substr(colon + 1))};
    if (!is_token(field.name)) return {400, "a header name that is not a token"};
    if (!is_field_value(field.value)) return {400, "a control character in a header"};
    into.headers.push_back(field);
    return read_special(field, into, seen);
}

refusal check(request_head& into, const framing& seen, std::string_view authority) {
    if (seen.coding && seen.length) return {400, "both Content-Length and Transfer-Encoding"};
    if (seen.coding && into.minor_version == 0) return {400, "Transfer-Encoding in HTTP/1.0"};
    if (!seen.host && into.minor_version == 1) return {400, "no Host"};
    if (!authority.empty()) {
        if (seen.host && !same_name(authority, into.host)) return {400, "Host is not the target's host"};
        into.host = authority;
    }
    if (seen.keep) into.keep_alive = true;
    if (seen.close) into.keep_alive = false;
    if (!into.chunked && into.content_length.value_or(0) == 0) into.expects_continue = false;
    return {};
}

}  // namespace

refusal parse_request_head(std::string_view head, const head_limits& limits, request_head& into) {
    into.clear();
    std::string_view authority;
    framing seen;
    bool first = true;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        if (end == head.npos) break;
        const auto line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (first) {
            if (const auto wrong = read_request_line(line, limits, into, authority)) return wrong;
            first = false;
            continue;
        }
        if (line.empty()) return check(into, seen, authority);
        if (into.headers.size() == limits.headers) return {431, "too many headers"};
        if (const auto wrong = read_field(line, into, seen)) return wrong;
    }
    return {400, "the head does not end"};
}

}  // namespace mote::http::protocol
