#include <mote/micro/detail/otlp_http.hpp>

#include <mote/nats/async_event.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <memory>
#include <vector>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using time_point = std::chrono::steady_clock::time_point;

constexpr unsigned http_1_1 = 11;
constexpr std::uint64_t longest_answer = 64 * 1024;

/// A question to the resolver. It may outlive who asks, because a thread that waits for a name server cannot be
/// interrupted.
struct name_lookup {
    explicit name_lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    nats::async_event done;
    boost::system::error_code failed;
    std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<std::vector<tcp::endpoint>> resolve(std::string host, std::uint16_t port, time_point deadline) {
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    std::vector<tcp::endpoint> endpoints;
    if (!not_an_address) {  // needs no resolver, whose first use starts a thread
        endpoints.emplace_back(address, port);
        co_return endpoints;
    }
    const auto asked = std::make_shared<name_lookup>(co_await asio::this_coro::executor);
    asked->resolver.async_resolve(host, std::to_string(port), [asked](const auto& failure, const auto& found) {
        asked->failed = failure;
        for (const auto& entry : found) asked->endpoints.push_back(entry.endpoint());
        asked->done.set();
    });
    const bool came = co_await asked->done.wait_until(deadline);
    if (!came) throw boost::system::system_error(asio::error::timed_out);
    if (asked->failed) throw boost::system::system_error(asked->failed);
    co_return asked->endpoints;
}

http::request<http::string_body> make_request(const otlp_target& target, std::string body) {
    http::request<http::string_body> request(http::verb::post, target.path, http_1_1);
    request.set(http::field::host, target.host_header);
    request.set(http::field::user_agent, "mote");
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : target.headers) request.set(name, value);
    request.keep_alive(false);
    request.body() = std::move(body);
    request.prepare_payload();
    return request;
}

/// As a number of seconds; a date is not looked at.
std::optional<std::chrono::seconds> retry_after(std::string_view text) {
    std::uint32_t seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return std::chrono::seconds(seconds);
}

bool is_address(const std::string& host) {
    boost::system::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    return !not_an_address;
}

asio::ssl::context make_tls_context(const otlp_target& target) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1);
    context.set_verify_mode(asio::ssl::verify_peer);
    if (target.ca_file.empty())
        context.set_default_verify_paths();
    else
        context.load_verify_file(target.ca_file);
    return context;
}

template <class Stream>
asio::awaitable<otlp_answer> exchange(Stream& stream, const otlp_target& target, std::string body) {
    auto request = make_request(target, std::move(body));
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(longest_answer);
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    otlp_answer answer;
    answer.status = static_cast<int>(parser.get().result_int());
    const auto wait = parser.get()[http::field::retry_after];
    answer.retry_after = retry_after(std::string_view(wait.data(), wait.size()));
    co_return answer;
}

asio::awaitable<otlp_answer> exchange_secretly(beast::tcp_stream plain, const otlp_target& target, std::string body) {
    auto context = make_tls_context(target);
    asio::ssl::stream<beast::tcp_stream> stream(std::move(plain), context);
    stream.set_verify_callback(asio::ssl::host_name_verification(target.host));
    if (!is_address(target.host)) SSL_set_tlsext_host_name(stream.native_handle(), target.host.c_str());
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    auto answer = co_await exchange(stream, target, std::move(body));
    co_return answer;
}

asio::awaitable<otlp_answer> connect_and_exchange(otlp_target target, std::string body, time_point deadline) {
    const auto endpoints = co_await resolve(target.host, target.port, deadline);
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    stream.expires_at(deadline);
    co_await stream.async_connect(endpoints, asio::use_awaitable);
    otlp_answer answer;
    if (target.tls)
        answer = co_await exchange_secretly(std::move(stream), target, std::move(body));
    else
        answer = co_await exchange(stream, target, std::move(body));
    co_return answer;
}

}  // namespace

asio::awaitable<otlp_answer> post_json(otlp_target target, std::string body, std::chrono::nanoseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto where = target.host_header;
    otlp_answer answer;
    try {
        answer = co_await connect_and_exchange(std::move(target), std::move(body), deadline);
    } catch (const boost::system::system_error& failed) {
        answer.problem = where + ": " + failed.code().message();
    }
    co_return answer;
}

}  // namespace mote::micro::detail
