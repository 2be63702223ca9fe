#include <mote/gateway/detail/function_reply.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/http/status.hpp>

#include <optional>
#include <string>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;
namespace call_headers = functions::call_headers;

/// As OpenFaaS: what the function says, else what the client sent, else text.
std::string_view default_type(const http::exchange& asked) {
    return asked.header("Content-Type").value_or("text/plain; charset=utf-8");
}

}  // namespace

void send_whole(http::exchange& asked, const call_head& head, const nats::message_view& reply) {
    auto whole = view_of(reply, reply.payload.empty() ? std::string_view() : default_type(asked));
    // Elsewhere the body says itself how long it is.
    const bool has_no_body = asked.method() == "HEAD" || whole.status == http::status::not_modified;
    if (has_no_body && reply.payload.empty())
        if (const auto length = reply.headers.get(call_headers::body_length))
            whole.headers.push_back({"Content-Length", *length});
    std::string duration;
    head.complete(whole.headers, duration);
    asked.respond(whole.status, whole.headers, whole.body);
}

asio::awaitable<void> send_reply(http::exchange& asked, const call_head& head, micro::reply_reader& items,
                                 nats::message first) {
    if (items.ended()) {
        send_whole(asked, head, first.view());
        co_return;
    }
    const bool lines = !first.headers().get(call_headers::status);
    auto begun = response_of(first, lines ? "application/x-ndjson" : default_type(asked));
    if (const auto length = first.headers().get(call_headers::body_length); length && !lines)
        begun.headers.emplace_back("Content-Length", *length);
    head.complete(begun.headers);
    asked.start(begun.status, begun.headers);
    std::optional<nats::message> item(std::move(first));
    std::string line;
    while (item) {
        if (lines) {
            line.assign(item->payload()).push_back('\n');
            co_await asked.write(line);
        } else {
            co_await asked.write(item->payload());
        }
        item = co_await items.next();
    }
}

}  // namespace mote::gateway::detail
