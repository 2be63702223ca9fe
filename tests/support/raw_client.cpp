#include <tests/support/raw_client.hpp>

#include <tests/support/escape.hpp>
#include <tests/support/loopback.hpp>

#include <array>
#include <cerrno>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace mote::test {
namespace {

constexpr std::string_view closed_text = "the server closed the connection";

std::string fresh_inbox_prefix() {
    std::random_device random;
    return "_INBOX.raw." + std::to_string(random()) + std::to_string(random()) + ".";
}

/// False when the time is over.
bool wait_until_ready(int fd, short events, const deadline& limit) {
    pollfd waited{.fd = fd, .events = events, .revents = 0};
    for (;;) {
        const int count = ::poll(&waited, 1, limit.poll_timeout());
        if (count > 0) return true;
        if (count == 0) return false;
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    }
}

std::string json_quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

}  // namespace

raw_client::raw_client(std::uint16_t port, raw_client_options options)
    : options_(std::move(options)), socket_(connect_loopback(port)), inbox_prefix_(fresh_inbox_prefix()) {
    const deadline limit{usual_timeout};
    while (info_.empty()) {
        if (!read_more(limit)) throw std::runtime_error("the server sent no INFO");
        const auto size = raw_frame_size(unread_);
        if (!size) continue;
        info_ = parse_raw_frame(std::string_view(unread_).substr(0, *size)).payload;
        unread_.erase(0, *size);
    }
    if (options_.handshake == raw_handshake::info_only) return;
    send("CONNECT " + connect_json() + "\r\n");
    flush();
}

std::string raw_client::connect_json() const {
    if (!options_.connect.empty()) return options_.connect;
    std::string json =
        R"({"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"echo":true,"protocol":1)";
    if (!options_.user.empty())
        json += ",\"user\":" + json_quoted(options_.user) + ",\"pass\":" + json_quoted(options_.password);
    if (!options_.token.empty()) json += ",\"auth_token\":" + json_quoted(options_.token);
    return json + "}";
}

void raw_client::send(std::string_view bytes) {
    const deadline limit{usual_timeout};
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            if (!wait_until_ready(socket_.get(), POLLOUT, limit))
                throw std::runtime_error("the server takes no more bytes");
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "send");
        }
    }
}

std::string raw_client::read_frame(milliseconds timeout) {
    if (auto frame = try_read_frame(timeout)) return std::move(*frame);
    throw std::runtime_error("no frame within " + std::to_string(timeout.count()) + " ms; unread: \"" +
                             escaped(unread_) + "\"");
}

std::optional<std::string> raw_client::try_read_frame(milliseconds timeout) {
    if (!aside_.empty()) {
        std::string frame = std::move(aside_.front());
        aside_.pop_front();
        return frame;
    }
    return receive(deadline(timeout));
}

bool raw_client::wait_for_close(milliseconds timeout) {
    const deadline limit{timeout};
    try {
        while (receive(limit)) {
        }
        return false;
    } catch (const std::runtime_error& error) {
        return error.what() == closed_text;
    }
}

std::string raw_client::subscribe(std::string_view subject, std::string_view queue_group) {
    std::string sid = std::to_string(++last_sid_);
    std::string line = "SUB " + std::string(subject) + " ";
    if (!queue_group.empty()) line += std::string(queue_group) + " ";
    send(line + sid + "\r\n");
    return sid;
}

void raw_client::publish(std::string_view subject, std::string_view payload, std::string_view headers,
                         std::string_view reply) {
    send(raw_publish(subject, reply, headers, payload));
}

void raw_client::flush(milliseconds timeout) {
    send("PING\r\n");
    const auto is_answer = [](const raw_frame& frame) { return frame.verb == "PONG" || frame.verb == "-ERR"; };
    const auto answer = next_matching(is_answer, deadline(timeout));
    if (!answer) throw std::runtime_error("no PONG within " + std::to_string(timeout.count()) + " ms");
    if (answer->starts_with("-ERR")) throw std::runtime_error(escaped(*answer));
}

std::vector<std::string> raw_client::request(std::string_view subject, std::string_view headers,
                                             std::string_view payload, std::size_t want, milliseconds timeout) {
    const deadline limit{timeout};
    const std::string inbox = inbox_prefix_ + std::to_string(last_sid_ + 1);
    const std::string sid = subscribe(inbox);
    publish(subject, payload, headers, inbox);
    std::vector<std::string> frames;
    while (frames.size() < want) {
        auto frame = next_matching([&](const raw_frame& each) { return each.sid == sid; }, limit);
        if (!frame) break;
        frames.push_back(std::move(*frame));
    }
    send("UNSUB " + sid + "\r\n");
    return frames;
}

/// The next frame that is wanted; those before it go aside.
std::optional<std::string> raw_client::next_matching(const frame_filter& wanted, const deadline& limit) {
    while (auto frame = receive(limit)) {
        if (wanted(parse_raw_frame(*frame))) return frame;
        aside_.push_back(std::move(*frame));
    }
    return std::nullopt;
}

/// The next whole frame from the socket.
std::optional<std::string> raw_client::receive(const deadline& limit) {
    for (;;) {
        const auto size = raw_frame_size(unread_);
        if (!size) {
            if (!read_more(limit)) return std::nullopt;
            continue;
        }
        std::string bytes = unread_.substr(0, *size);
        unread_.erase(0, *size);
        const raw_frame frame = parse_raw_frame(bytes);
        if (frame.verb == "INFO") info_ = frame.payload;
        if (options_.every_frame || (frame.verb != "INFO" && frame.verb != "PING")) return bytes;
        if (frame.verb == "PING") send("PONG\r\n");
    }
}

/// False when the time is over.
bool raw_client::read_more(const deadline& limit) {
    if (!wait_until_ready(socket_.get(), POLLIN, limit)) return false;
    std::array<char, 65536> buffer;
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    // A server that is killed may reset the connection instead of ending it.
    if (count == 0 || (count < 0 && errno == ECONNRESET)) throw std::runtime_error(std::string(closed_text));
    if (count < 0) throw std::system_error(errno, std::generic_category(), "recv");
    unread_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

}  // namespace mote::test
