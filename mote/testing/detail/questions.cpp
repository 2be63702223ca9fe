#include <mote/testing/detail/questions.hpp>

#include <mote/testing/detail/loopback.hpp>
#include <mote/testing/detail/unique_fd.hpp>

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace mote::testing::detail {
namespace {

/// One conversation; it goes on as far as the time and the other side allow.
class conversation {
public:
    conversation(std::uint16_t port, const deadline& limit) : limit_(limit) {
        try {
            socket_ = connect_loopback(port);
        } catch (const std::system_error&) {
            // Nobody there: nothing will be read.
        }
    }

    void say(std::string_view text) {
        if (socket_ && ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) socket_.reset();
    }

    /// All that has come since the last call, once `text` is in it; empty text: once the other side has ended it. Empty
    /// otherwise.
    std::string read_until(std::string_view text) {
        while (socket_) {
            if (!text.empty() && read_.find(text) != std::string::npos) return std::exchange(read_, {});
            pollfd waited{.fd = socket_.get(), .events = POLLIN, .revents = 0};
            const int ready = ::poll(&waited, 1, limit_.poll_timeout());
            if (ready < 0 && errno == EINTR) continue;
            if (ready <= 0) return {};
            std::array<char, 16384> bytes{};
            const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
            if (count < 0) return {};
            if (count == 0) return text.empty() ? read_ : std::string();
            read_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        return {};
    }

private:
    deadline limit_;
    unique_fd socket_{};
    std::string read_{};
};

}  // namespace

std::string greeting(std::uint16_t port, const deadline& limit) { return conversation(port, limit).read_until("\r\n"); }

std::string ask(std::uint16_t port, std::string_view subject, std::string_view payload, std::string_view reply_end,
                const deadline& limit) {
    conversation with(port, limit);
    (void)with.read_until("\r\n");  // INFO
    std::string text = "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n";
    text += "SUB mote.testing.reply 1\r\nPUB ";
    text.append(subject).append(" mote.testing.reply ").append(std::to_string(payload.size()));
    text.append("\r\n").append(payload).append("\r\n");
    with.say(text);
    return with.read_until(reply_end);
}

std::string http_get(std::uint16_t port, std::string_view path, const deadline& limit) {
    conversation with(port, limit);
    std::string text = "GET ";
    with.say(text.append(path).append(" HTTP/1.0\r\n\r\n"));
    return with.read_until({});
}

}  // namespace mote::testing::detail
