#include <mote/node/detail/http_replica.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/node/detail/free_port.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/error.hpp>

#include <boost/system/system_error.hpp>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_pause = std::chrono::milliseconds(1);
constexpr auto longest_pause = std::chrono::milliseconds(50);
constexpr int status_ok = 200;
constexpr int first_status_of_failure = 400;

http::header_list duration_of(const function_call& call) {
    http::header_list result;
    result.emplace_back("X-Duration-Seconds", functions::call_headers::duration_text(clock::now() - call.started()));
    return result;
}

micro::reply_stream<micro::stream_item> answer_of(std::shared_ptr<function_call> call, upstream_head head,
                                                  std::shared_ptr<http_exchange> rest, std::string first) {
    micro::stream_item item;
    item.headers = function_call::head_of(head.status, head.headers, duration_of(*call));
    if (head.content_length) item.headers.set("Mote-Body-Length", std::to_string(*head.content_length));
    item.data = std::move(first);
    co_yield item;
    item.headers = nats::headers();
    for (;;) {
        const auto piece = co_await rest->read_some();
        if (piece.empty()) co_return;
        item.data = piece;
        co_yield item;
    }
}

}  // namespace

asio::awaitable<void> http_replica::start() {
    const auto& settings = from().settings();
    auto where = settings.upstream.value_or(upstream_address());
    if (where.port == 0 && where.unix_path.empty()) where.port = free_port();
    std::vector<std::pair<std::string, std::string>> more;
    if (where.port != 0) more.emplace_back("PORT", std::to_string(where.port));
    start_process(std::move(more));
    upstream_options bounds;
    if (settings.max_inflight != 0) bounds.max_connections = settings.max_inflight;
    upstream_ = std::make_shared<http_upstream>(parts().connection.executor(), std::move(where), bounds);
    co_await until_it_listens();
}

void http_replica::on_process_end() {
    if (upstream_ != nullptr) upstream_->close();
}

asio::awaitable<void> http_replica::until_it_listens() {
    const auto until = clock::now() + parts().opts.start_timeout;
    std::chrono::nanoseconds wait = first_pause;
    for (;;) {
        if (has_ended()) functions::throw_error(functions::errc::bad_setting, "its process " + trouble());
        bool refused = false;
        try {
            co_await upstream_->connect(until);
        } catch (const boost::system::system_error& error) {
            if (error.code() != errc::upstream_refused || clock::now() >= until) throw;
            refused = true;
        }
        if (!refused) break;
        co_await pause(wait);
        wait = std::min<std::chrono::nanoseconds>(wait + wait / 4, longest_pause);
    }
    if (!from().settings().ready_path.empty()) co_await until_it_is_ready(until);
}

asio::awaitable<void> http_replica::until_it_is_ready(clock::time_point until) {
    for (;;) {
        upstream_request asked;
        asked.target = from().settings().ready_path;
        asked.deadline = until;
        const auto answer = co_await upstream_->send(asked, {});
        if (answer.head.status >= status_ok && answer.head.status < first_status_of_failure) co_return;
        if (clock::now() >= until)
            functions::throw_error(functions::errc::bad_setting, "it did not become ready in time");
        co_await pause(longest_pause);
    }
}

asio::awaitable<void> http_replica::serve(std::shared_ptr<function_call> call) {
    const auto target = call->target();
    upstream_request asked;
    asked.method = call->method();
    asked.target = target;
    asked.headers = call->headers();
    asked.deadline = call->deadline();
    const auto upstream = upstream_;
    if (call->is_streamed() && !from().settings().buffer_request) {
        co_await pass_on_pieces(call, asked);
        co_return;
    }
    const auto body = co_await call->whole_body(parts().opts.max_body);
    auto got = co_await upstream->send(asked, body);
    if (got.whole) {
        call->respond(got.head.status, got.head.headers, got.body, duration_of(*call));
        co_return;
    }
    std::string first(got.body);
    auto answered = answer(call, got.head, std::move(got.rest), std::move(first));
    co_await std::move(answered);
}

asio::awaitable<void> http_replica::pass_on_pieces(std::shared_ptr<function_call> call, upstream_request asked) {
    auto exchange = co_await upstream_->open(asked, call->content_length());
    for (;;) {
        const auto piece = co_await call->next_piece();
        if (piece.empty()) break;
        const bool reads_on = co_await exchange.write(piece);
        if (!reads_on) break;
    }
    co_await exchange.finish();
    const auto head = co_await exchange.read_head();
    auto answered = answer(call, head, std::move(exchange), {});
    co_await std::move(answered);
}

asio::awaitable<void> http_replica::answer(std::shared_ptr<function_call> call, upstream_head head, http_exchange rest,
                                           std::string first) {
    const auto kept = std::make_shared<http_exchange>(std::move(rest));
    auto pieces = answer_of(call, head, kept, std::move(first));
    co_await call->respond_in_pieces(std::move(pieces));
}

}  // namespace mote::node::detail
