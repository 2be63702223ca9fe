#include <tests/support/raw_frame.hpp>

#include <tests/support/escape.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace mote::test {
namespace {

constexpr std::string_view crlf = "\r\n";

[[noreturn]] void refuse(std::string_view line) {
    throw std::runtime_error("not a frame of a server: " + escaped(line));
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) break;
        const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        line.remove_prefix(end);
    }
    return words;
}

std::size_t number(std::string_view text, std::string_view line) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) refuse(line);
    return value;
}

}  // namespace

std::optional<std::size_t> raw_frame_size(std::string_view bytes) {
    const std::size_t end = bytes.find(crlf);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = bytes.substr(0, end);
    const auto words = words_of(line);
    if (words.empty()) refuse(line);
    std::size_t size = end + crlf.size();
    if (words[0] == "MSG" || words[0] == "HMSG") {
        const std::size_t fewest = words[0] == "MSG" ? 4 : 5;
        if (words.size() != fewest && words.size() != fewest + 1) refuse(line);
        size += number(words.back(), line) + crlf.size();
    } else if (words[0] != "INFO" && words[0] != "PING" && words[0] != "PONG" && words[0] != "+OK" &&
               words[0] != "-ERR") {
        refuse(line);
    }
    if (bytes.size() < size) return std::nullopt;
    return size;
}

raw_frame parse_raw_frame(std::string_view bytes) {
    if (raw_frame_size(bytes) != bytes.size()) refuse(bytes);
    const std::size_t end = bytes.find(crlf);
    const std::string_view line = bytes.substr(0, end);
    const auto words = words_of(line);
    raw_frame frame;
    frame.verb = words[0];
    if (frame.verb != "MSG" && frame.verb != "HMSG") {
        if (words.size() > 1) frame.payload = line.substr(static_cast<std::size_t>(words[1].data() - line.data()));
        return frame;
    }
    const bool with_headers = frame.verb == "HMSG";
    frame.subject = words[1];
    frame.sid = words[2];
    if (words.size() == (with_headers ? 6u : 5u)) frame.reply = words[3];
    std::string_view content = bytes.substr(end + crlf.size());
    if (!content.ends_with(crlf)) refuse(bytes);
    content.remove_suffix(crlf.size());
    if (with_headers) {
        const std::size_t headers_size = number(words[words.size() - 2], line);
        if (headers_size > content.size()) refuse(line);
        frame.headers = content.substr(0, headers_size);
        content.remove_prefix(headers_size);
    }
    frame.payload = content;
    return frame;
}

std::string raw_publish(std::string_view subject, std::string_view reply, std::string_view headers,
                        std::string_view payload) {
    std::string bytes = headers.empty() ? "PUB " : "HPUB ";
    bytes.append(subject).append(" ");
    if (!reply.empty()) bytes.append(reply).append(" ");
    if (!headers.empty()) bytes += std::to_string(headers.size()) + " ";
    bytes += std::to_string(headers.size() + payload.size());
    return bytes.append(crlf).append(headers).append(payload).append(crlf);
}

}  // namespace mote::test
