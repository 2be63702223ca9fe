#include <mote/http/protocol/response_head.hpp>

#include <mote/http/protocol/characters.hpp>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace mote::http::protocol {

std::string_view reason_of(int status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

std::string date_line(std::int64_t seconds) {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = seconds;
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    char line[64];
    const int size =
        std::snprintf(line, sizeof line, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[utc.tm_wday],
                      utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {line, static_cast<std::size_t>(size)};
}

namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    out.append(digits, end);
}

}  // namespace

response_head::response_head(std::string& out, int status, int minor_version)
    : out_(out), minor_version_(minor_version) {
    if (status < 200 || status > 599)
        throw std::invalid_argument("not a status of a response: " + std::to_string(status));
    if (status == 200) {
        out_.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    out_.append("HTTP/1.1 ");
    append_number(out_, static_cast<std::uint64_t>(status));
    out_.append(" ").append(reason_of(status)).append("\r\n");
}

bool response_head::reserved(std::string_view name, std::string_view value) {
    switch (name.size()) {
        case 4:
            if (same_name(name, "Date")) date_ = true;
            return false;
        case 7: return same_name(name, "Trailer") || same_name(name, "Upgrade");
        case 10:
            if (same_name(name, "Keep-Alive")) return true;
            if (!same_name(name, "Connection")) return false;
            if (same_name(trimmed(value), "close")) close_ = true;
            return true;
        case 14: {
            if (!same_name(name, "Content-Length")) return false;
            std::uint64_t length = 0;
            const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), length);
            if (failed != std::errc() || end != value.data() + value.size())
                throw std::invalid_argument("not a Content-Length: " + std::string(value));
            length_ = length;
            return true;
        }
        case 17: return same_name(name, "Transfer-Encoding");
        default: return false;
    }
}

void response_head::add(std::string_view name, std::string_view value) {
    if (!is_token(name)) throw std::invalid_argument("not the name of a header: " + std::string(name));
    if (!is_field_value(value)) throw std::invalid_argument("a control character in the header " + std::string(name));
    if (reserved(name, value)) return;
    out_.append(name).append(": ").append(value).append("\r\n");
}

void response_head::end(framing body, std::uint64_t length, bool keep_alive, std::string_view date) {
    if (!date_) out_.append(date);
    if (body == framing::length) {
        out_.append("Content-Length: ");
        append_number(out_, length);
        out_.append("\r\n");
    }
    if (body == framing::chunked) out_.append("Transfer-Encoding: chunked\r\n");
    if (!keep_alive) out_.append("Connection: close\r\n");
    if (keep_alive && minor_version_ == 0) out_.append("Connection: keep-alive\r\n");
    out_.append("\r\n");
}

void append_chunk(std::string& out, std::string_view piece) {
    append_number(out, piece.size(), 16);
    out.append("\r\n").append(piece).append("\r\n");
}

void append_last_chunk(std::string& out) { out.append("0\r\n\r\n"); }

}  // namespace mote::http::protocol
