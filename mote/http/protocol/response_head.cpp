#include <mote/http/protocol/response_head.hpp>

#include <mote/http/protocol/characters.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <stdexcept>

namespace mote::http::protocol {
namespace {

struct named_status {
    int status;
    std::string_view name;
};

/// Of IANA's registry of status codes, by number.
constexpr named_status named_statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

}  // namespace

std::string_view reason_of(int status) noexcept {
    const auto* const found = std::ranges::lower_bound(named_statuses, status, {}, &named_status::status);
    return found != std::end(named_statuses) && found->status == status ? found->name : "Unknown";
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
