#include <mote/node/detail/function_call.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/answer_stream.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/plain_reason.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <charconv>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
namespace call_headers = functions::call_headers;

constexpr std::size_t pieces_under_way = 16;
constexpr std::size_t room_for_head = 64 * 1024;
constexpr std::size_t piece_size = 64 * 1024;

micro::reply_stream<micro::stream_item> pieces_of(nats::headers head, std::string body) {
    micro::stream_item item;
    item.headers = std::move(head);
    for (std::size_t at = 0; at < body.size(); at += piece_size) {
        item.data.assign(body, at, piece_size);
        co_yield item;
        item.headers = nats::headers();
    }
}

}  // namespace

function_call::function_call(nats::connection connection, micro::request asked)
    : connection_(std::move(connection)), request_(std::move(asked)) {
    for (const auto& [name, value] : request_.headers()) {
        if (name == call_headers::method)
            method_ = value;
        else if (name == call_headers::path)
            path_ = value;
        else if (name == call_headers::query)
            query_ = value;
        else if (name == call_headers::host)
            host_ = value;
        else if (name == call_headers::body_subject)
            body_subject_ = value;
        else if (name == call_headers::cancel_token)
            cancel_token_ = value;
        else if (call_headers::is_passed_on(name))
            headers_.push_back(http::header_view{name, value});
        if (http::same_name(name, call_headers::call_id)) call_id_ = value;
    }
    if (cancel_token_.empty()) cancel_token_ = call_id_;
    if (path_.empty()) path_ = "/";
    if (const auto asked_until = request_.deadline()) deadline_ = *asked_until;
}

void function_call::limit(std::chrono::nanoseconds longest) noexcept {
    const auto now = clock::now();
    if (longest == std::chrono::nanoseconds::zero() || longest >= clock::time_point::max() - now) return;
    deadline_ = std::min(deadline_, now + std::chrono::duration_cast<clock::duration>(longest));
}

std::string function_call::target() const {
    std::string result(path_);
    if (!query_.empty()) result.append("?").append(query_);
    return result;
}

std::optional<std::string_view> function_call::header(std::string_view name) const noexcept {
    for (const auto& one : headers_)
        if (http::same_name(one.name, name)) return one.value;
    return std::nullopt;
}

std::optional<std::uint64_t> function_call::content_length() const noexcept {
    if (!is_streamed()) return request_.data().size();
    const auto text = request_.headers().get(call_headers::body_length);
    std::uint64_t length = 0;
    if (!text) return std::nullopt;
    const auto [rest, failed] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (failed != std::errc() || rest != text->data() + text->size()) return std::nullopt;
    return length;
}

asio::awaitable<std::string_view> function_call::next_piece() {
    if (!is_streamed()) throw std::logic_error("the body is in the request");
    if (!pieces_) {
        micro::stream_options opts;
        opts.window = pieces_under_way;
        // The caller sends an error where it waits too long itself, so this is only for one that has died.
        opts.timeout = std::chrono::minutes(5);
        if (deadline_ != clock::time_point::max()) opts.deadline = deadline_;
        pieces_.emplace(micro::read_stream(connection_, body_subject_, std::string(), opts));
    }
    std::string broken;
    try {
        do piece_ = co_await pieces_->next();
        while (piece_ && piece_->payload().empty());
    } catch (const boost::system::system_error& error) {
        broken = nats::plain_reason(error.what());
    }
    if (!broken.empty())
        throw micro::service_error(http::status::caller_gone, "the request's body broke off: " + broken);
    co_return piece_ ? piece_->payload() : std::string_view();
}

asio::awaitable<std::string_view> function_call::whole_body(std::size_t limit) {
    if (is_streamed()) {
        for (;;) {
            const auto piece = co_await next_piece();
            if (piece.empty()) break;
            if (whole_.size() + piece.size() > limit)
                throw micro::service_error(http::status::content_too_large,
                                           "the function takes bodies of at most " + std::to_string(limit) + " bytes");
            whole_ += piece;
        }
        co_return whole_;
    }
    co_return request_.data();
}

nats::headers function_call::head_of(int status, std::span<const http::header_view> headers,
                                     const http::header_list& more) {
    nats::headers result;
    result.set(call_headers::status, std::to_string(status));
    for (const auto& [name, value] : headers)
        if (call_headers::is_passed_on(name)) result.add(name, value);
    for (const auto& [name, value] : more) result.add(name, value);
    return result;
}

bool function_call::fits(std::size_t size) const noexcept {
    return size + room_for_head <= connection_.server().max_payload;
}

asio::awaitable<void> function_call::respond_whole(int status, http::header_list headers, std::string body) {
    if (fits(body.size())) {
        respond(status, {}, body, headers);
        co_return;
    }
    auto pieces = pieces_of(head_of(status, {}, headers), std::move(body));
    co_await respond_in_pieces(std::move(pieces));
}

void function_call::respond(int status, std::span<const http::header_view> headers, std::string_view body,
                            const http::header_list& more) {
    request_.respond(body, head_of(status, headers, more));
    answered_ = true;
}

void function_call::refuse(int status, std::string_view text) {
    refuse(request_, status, text);
    answered_ = true;
}

void function_call::refuse(micro::request& asked, int status, std::string_view text) {
    http::header_list headers;
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    headers.emplace_back("X-OpenFaaS-Internal", "proxy");  // as the gateway marks its own
    if (status == http::status::too_many_requests || status == http::status::service_unavailable)
        headers.emplace_back("Retry-After", "1");
    asked.respond(text, head_of(status, {}, headers));
}

void function_call::pass_on(const nats::message& reply) {
    nats::headers headers;
    for (const auto& [name, value] : reply.headers()) headers.add(name, value);
    request_.respond(reply.payload(), headers);
    answered_ = true;
}

nats::headers function_call::nats_headers() const {
    nats::headers result;
    for (const auto& [name, value] : request_.headers())
        if (name != call_headers::body_subject && name != call_headers::body_length) result.add(name, value);
    return result;
}

asio::awaitable<void> function_call::respond_in_pieces(micro::reply_stream<micro::stream_item> pieces) {
    answered_ = true;
    return micro::answer_stream(std::move(request_), std::move(pieces));
}

}  // namespace mote::node::detail
