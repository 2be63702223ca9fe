#pragma once

#include <mote/http/message.hpp>
#include <mote/micro/request.hpp>
#include <mote/micro/stream.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::node::detail {

// What a watchdog of OpenFaaS answers itself: whether it is there, and whether the function is ready.
inline constexpr std::string_view health_path = "/_/health";
inline constexpr std::string_view ready_path = "/_/ready";
inline bool is_of_watchdog(std::string_view path) noexcept { return path == health_path || path == ready_path; }

/// One call of a function: the request as HTTP says it, its body, and the way back (docs/protocol.md, "Functions"). Views
/// are good as long as the call. On the connection's executor.
class function_call {
public:
    using clock = std::chrono::steady_clock;

    function_call(nats::connection connection, micro::request asked);
    function_call(const function_call&) = delete;
    function_call& operator=(const function_call&) = delete;

    std::string_view method() const noexcept { return method_; }
    std::string_view path() const noexcept { return path_; }
    std::string_view query() const noexcept { return query_; }  ///< without the `?`
    std::string_view host() const noexcept { return host_; }
    std::string target() const;  ///< path and query
    /// Those of HTTP; what is about NATS or the call itself is not among them.
    const std::vector<http::header_view>& headers() const noexcept { return headers_; }
    std::optional<std::string_view> header(std::string_view name) const noexcept;
    std::string_view call_id() const noexcept { return call_id_; }  ///< empty when it has none
    /// By what it can be cancelled; empty when it cannot.
    std::string_view cancel_token() const noexcept { return cancel_token_; }
    clock::time_point started() const noexcept { return started_; }
    /// Until when it has to be answered; `max()`: no bound.
    clock::time_point deadline() const noexcept { return deadline_; }

    /// Asks for another path. It has to stay good as long as the call.
    void ask_for(std::string_view path) noexcept { path_ = path; }
    /// From now on it may take so long, if the caller did not say less; zero: as long as it takes.
    void limit(std::chrono::nanoseconds longest) noexcept;

    /// True for a body that is not in the request, but comes from the caller piece by piece.
    bool is_streamed() const noexcept { return !body_subject_.empty(); }
    /// Of the body, when it is known.
    std::optional<std::uint64_t> content_length() const noexcept;
    /// The whole body of one that is not streamed.
    std::string_view body() const noexcept { return request_.data(); }
    /// The next piece of one that is; empty at its end; good until the next call. Throws `micro::service_error` 499 when the
    /// caller has broken off.
    boost::asio::awaitable<std::string_view> next_piece();
    /// All of it, streamed or not, at most `limit` bytes: more is a `micro::service_error` 413.
    boost::asio::awaitable<std::string_view> whole_body(std::size_t limit);

    /// Answers, once, with a body that fits into one message (see `fits`). Headers about the connection are left out.
    void respond(int status, std::span<const http::header_view> headers, std::string_view body,
                 const http::header_list& more = {});
    /// Answers, once, whatever the size of the body is.
    boost::asio::awaitable<void> respond_whole(int status, http::header_list headers, std::string body);
    /// Whether a body of so many bytes and its head fit into one message.
    bool fits(std::size_t size) const noexcept;
    /// Answers in the node's own name: text, and for 429 and 503 when to come again. Not as a service error, because the
    /// headers of one do not reach who reads a stream.
    void refuse(int status, std::string_view text);
    static void refuse(micro::request& asked, int status, std::string_view text);
    /// Whether there was an answer, or the beginning of one.
    bool is_answered() const noexcept { return answered_; }
    /// Answers with what another service answered.
    void pass_on(const nats::message& reply);
    /// The headers of the request as it came, but for where a streamed body is.
    nats::headers nats_headers() const;
    /// Answers with pieces as they come, the first item with the headers of `head`.
    boost::asio::awaitable<void> respond_in_pieces(micro::reply_stream<micro::stream_item> pieces);
    /// The NATS headers of a response's head.
    static nats::headers head_of(int status, std::span<const http::header_view> headers,
                                 const http::header_list& more = {});

private:
    nats::connection connection_;
    micro::request request_;
    std::vector<http::header_view> headers_;
    std::string_view method_ = "POST";
    std::string_view path_ = "/";
    std::string_view query_;
    std::string_view host_;
    std::string_view call_id_;
    std::string_view cancel_token_;
    std::string body_subject_;
    std::optional<micro::reply_reader> pieces_;
    std::optional<nats::message> piece_;
    std::string whole_;
    bool answered_ = false;
    clock::time_point started_ = clock::now();
    clock::time_point deadline_ = clock::time_point::max();
};

}  // namespace mote::node::detail
