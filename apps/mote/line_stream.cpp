#include <apps/mote/line_stream.hpp>

#include <apps/mote/exit_code.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <array>
#include <chrono>
#include <memory>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using response_parser = beast_http::response_parser<beast_http::buffer_body>;
using request_message = beast_http::request<beast_http::empty_body>;

constexpr auto connect_timeout = std::chrono::seconds(10);
constexpr std::size_t longest_line = 1024UL * 1024;
constexpr std::size_t longest_error = 4096;

/// An address in its parts.
struct target {
    bool secure = false;
    std::string host{};
    std::string port{};
    std::string path{};
    std::string authority{};
};

target target_of(const std::string& url) {
    target parts;
    parts.secure = url.starts_with("https://");
    const auto begin = url.find("://") + 3;
    const auto end = std::min(url.find('/', begin), url.size());
    parts.authority = url.substr(begin, end - begin);
    parts.path = end < url.size() ? url.substr(end) : "/";
    const auto bracket = parts.authority.find(']');
    const auto colon = parts.authority.find(':', bracket == std::string::npos ? 0 : bracket);
    parts.host = parts.authority.substr(0, colon);
    if (bracket != std::string::npos) parts.host = parts.authority.substr(1, bracket - 1);
    parts.port = colon != std::string::npos ? parts.authority.substr(colon + 1) : parts.secure ? "443" : "80";
    return parts;
}

/// Cuts what comes into lines.
class line_cutter {
public:
    explicit line_cutter(std::function<void(std::string_view)> on_line) : on_line_(std::move(on_line)) {}

    void add(std::string_view piece) {
        waiting_ += piece;
        std::size_t begin = 0;
        for (auto end = waiting_.find('\n'); end != std::string::npos; end = waiting_.find('\n', begin)) {
            on_line_(std::string_view(waiting_).substr(begin, end - begin));
            begin = end + 1;
        }
        waiting_.erase(0, begin);
        if (waiting_.size() > longest_line) throw failure(exit_code::error, "the gateway sent a line without an end");
    }

private:
    std::function<void(std::string_view)> on_line_;
    std::string waiting_;
};

/// Reads the body piece by piece; `take` returns false when it has enough.
template <class Stream>
asio::awaitable<void> read_body(Stream* stream, beast::flat_buffer* buffer, response_parser* parser,
                                std::function<bool(std::string_view)> take) {
    auto piece = std::make_unique<std::array<char, 16384>>();
    while (!parser->is_done()) {
        auto& body = parser->get().body();
        body.data = piece->data();
        body.size = piece->size();
        boost::system::error_code failed;
        co_await beast_http::async_read_some(*stream, *buffer, *parser,
                                             asio::redirect_error(asio::use_awaitable, failed));
        if (failed && failed != beast_http::error::need_buffer)
            throw boost::system::system_error(failed, "the gateway");
        const std::string_view came(piece->data(), piece->size() - body.size);
        if (!came.empty() && !take(came)) co_return;
    }
}

template <class Stream>
asio::awaitable<line_answer> converse(Stream* stream, std::shared_ptr<request_message> asked,
                                      std::function<void(std::string_view)> on_line) {
    co_await beast_http::async_write(*stream, *asked, asio::use_awaitable);
    auto buffer = std::make_unique<beast::flat_buffer>();
    auto parser = std::make_unique<response_parser>();
    parser->body_limit(boost::none);
    co_await beast_http::async_read_header(*stream, *buffer, *parser, asio::use_awaitable);
    line_answer answer;
    answer.status = static_cast<int>(parser->get().result_int());
    std::function<bool(std::string_view)> take;
    line_cutter lines(std::move(on_line));
    if (answer.status >= 200 && answer.status < 300)
        take = [&lines](std::string_view piece) {
            lines.add(piece);
            return true;
        };
    else
        take = [&answer](std::string_view piece) {
            answer.body += piece.substr(0, longest_error - answer.body.size());
            return answer.body.size() < longest_error;
        };
    co_await read_body(stream, buffer.get(), parser.get(), take);
    co_return answer;
}

std::shared_ptr<request_message> message_of(const target& where, const line_request& asked) {
    auto message = std::make_shared<request_message>(beast_http::verb::get, where.path, 11);
    message->set(beast_http::field::host, where.authority);
    message->set(beast_http::field::user_agent, "mote");
    if (!asked.authorization.empty()) message->set(beast_http::field::authorization, asked.authorization);
    return message;
}

}  // namespace

asio::awaitable<line_answer> read_lines(line_request asked, std::function<void(std::string_view)> on_line) {
    const auto executor = co_await asio::this_coro::executor;
    const target where = target_of(asked.url);
    asio::ip::tcp::resolver resolver(executor);
    const auto found = co_await resolver.async_resolve(where.host, where.port, asio::use_awaitable);
    beast::tcp_stream plain(executor);
    plain.expires_after(connect_timeout);
    co_await plain.async_connect(found, asio::use_awaitable);
    const auto message = message_of(where, asked);
    if (!where.secure) {
        plain.expires_never();
        co_return co_await converse(&plain, message, on_line);
    }
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_default_verify_paths();
    context.set_verify_mode(asio::ssl::verify_peer);
    beast::ssl_stream<beast::tcp_stream> secure(std::move(plain), context);
    secure.set_verify_callback(asio::ssl::host_name_verification(where.host));
    SSL_set_tlsext_host_name(secure.native_handle(), where.host.c_str());
    co_await secure.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    beast::get_lowest_layer(secure).expires_never();
    co_return co_await converse(&secure, message, on_line);
}

}  // namespace mote::command
