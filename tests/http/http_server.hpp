#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::test {

/// What the server of a test read.
struct http_question {
    std::string method;
    std::string target;
    std::string head;  // request line and headers, with their line ends
    std::string body;

    bool has(std::string_view header_line) const {
        return head.find(std::string(header_line) + "\r\n") != std::string::npos;
    }
};

/// The bytes of a response with a length.
inline std::string http_answer(int status, std::string_view body, std::string_view more_headers = {}) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) + " Said So\r\nContent-Length: " + std::to_string(body.size());
    return text.append("\r\n").append(more_headers).append("\r\n").append(body);
}

/// HTTP/1.1 with kept connections on a free port of 127.0.0.1, on the executor of the test, in plain text or over TLS.
/// `answers` gives the bytes of each response; no value: none comes, the connection stays open; empty: it is closed.
class http_server {
public:
    using answers = std::function<std::optional<std::string>(const http_question&)>;

    http_server(boost::asio::any_io_executor executor, answers answer)
        : http_server(std::move(executor), std::move(answer), nullptr) {}
    http_server(boost::asio::any_io_executor executor, answers answer, std::shared_ptr<boost::asio::ssl::context> tls)
        : state_(std::make_shared<state>(std::move(executor), std::move(answer), std::move(tls))) {
        // Detached: they end when the destructor closes their sockets, and hold the state until then.
        boost::asio::co_spawn(state_->acceptor.get_executor(), accept(state_), boost::asio::detached);
    }
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server() {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        for (auto& socket : state_->sockets) socket.close(ignored);
    }

    std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
    std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }
    std::string url(std::string_view path = "/") const {
        return (state_->tls ? "https://" : "http://") + authority() + std::string(path);
    }
    std::size_t accepted() const noexcept { return state_->accepted; }
    std::size_t open() const noexcept { return state_->sockets.size(); }
    const std::vector<http_question>& questions() const noexcept { return state_->questions; }

private:
    using tcp = boost::asio::ip::tcp;
    static constexpr auto as_result = boost::asio::as_tuple(boost::asio::deferred);

    struct state {
        state(boost::asio::any_io_executor executor, answers given, std::shared_ptr<boost::asio::ssl::context> context)
            : acceptor(executor, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
              answer(std::move(given)),
              tls(std::move(context)) {}

        tcp::acceptor acceptor;
        answers answer;
        std::shared_ptr<boost::asio::ssl::context> tls;
        std::list<tcp::socket> sockets;
        std::vector<http_question> questions;
        std::size_t accepted = 0;
    };
    using place = std::list<tcp::socket>::iterator;

    static boost::asio::awaitable<void> accept(std::shared_ptr<state> state) {
        for (;;) {
            auto [error, socket] = co_await state->acceptor.async_accept(as_result);
            if (error) co_return;
            ++state->accepted;
            socket.set_option(tcp::no_delay(true));
            const auto where = state->sockets.insert(state->sockets.end(), std::move(socket));
            boost::asio::co_spawn(state->acceptor.get_executor(), serve(state, where), boost::asio::detached);
        }
    }

    static boost::asio::awaitable<void> serve(std::shared_ptr<state> state, place where) {
        if (state->tls) {
            boost::asio::ssl::stream<tcp::socket&> stream(*where, *state->tls);
            const auto [error] = co_await stream.async_handshake(boost::asio::ssl::stream_base::server, as_result);
            if (!error) co_await converse(state, stream);
        } else {
            co_await converse(state, *where);
        }
        state->sockets.erase(where);
    }

    template <class Stream>
    static boost::asio::awaitable<void> converse(std::shared_ptr<state> state, Stream& stream) {
        std::string buffer;
        for (;;) {
            const auto [error, size] = co_await boost::asio::async_read_until(
                stream, boost::asio::dynamic_buffer(buffer), "\r\n\r\n", as_result);
            if (error) co_return;
            http_question question = parse(buffer.substr(0, size));
            buffer.erase(0, size);
            const auto length = content_length(question.head);
            if (buffer.size() < length) {
                const auto [cut, more] =
                    co_await boost::asio::async_read(stream, boost::asio::dynamic_buffer(buffer),
                                                     boost::asio::transfer_exactly(length - buffer.size()), as_result);
                if (cut) co_return;
            }
            question.body = buffer.substr(0, length);
            buffer.erase(0, length);

            const auto reply = state->answer(question);
            state->questions.push_back(std::move(question));
            if (!reply) continue;
            if (reply->empty()) co_return;
            const auto [failed, written] =
                co_await boost::asio::async_write(stream, boost::asio::buffer(*reply), as_result);
            if (failed) co_return;
        }
    }

    static http_question parse(std::string head) {
        const auto first = head.find(' ');
        const auto second = head.find(' ', first + 1);
        http_question question;
        question.method = head.substr(0, first);
        question.target = head.substr(first + 1, second - first - 1);
        question.head = std::move(head);
        return question;
    }

    static std::size_t content_length(const std::string& head) {
        const std::string_view name = "\r\nContent-Length: ";
        const auto found = head.find(name);
        return found == std::string::npos ? 0 : std::stoul(head.substr(found + name.size()));
    }

    std::shared_ptr<state> state_;
};

}  // namespace mote::test
