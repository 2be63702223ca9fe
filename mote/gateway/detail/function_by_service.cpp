#include <mote/gateway/detail/function_by_service.hpp>

#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/call_head.hpp>
#include <mote/gateway/detail/function_reply.hpp>
#include <mote/gateway/detail/translate.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/cancel.hpp>
#include <mote/micro/stream_reader.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace mote::gateway::detail {

namespace asio = boost::asio;

asio::awaitable<void> answer_as_function(http::exchange& asked, nats::connection connection, std::string subject,
                                         std::string payload, nats::headers headers,
                                         std::chrono::steady_clock::time_point deadline) {
    const call_head head(asked, std::chrono::system_clock::now(), std::chrono::steady_clock::now());
    micro::stream_options opts;
    opts.headers = head.request_headers(asked, "/", headers.get("Authorization").has_value());
    if (const auto token = headers.get(micro::cancel_token_header))
        opts.headers.add(micro::cancel_token_header, *token);
    opts.deadline = deadline;
    opts.timeout = std::chrono::nanoseconds::max();  // an item may come as late as the last one
    auto items = micro::read_stream(connection, std::move(subject), payload, std::move(opts));
    http::response answer;
    answer.status = http::status::ok;
    try {
        auto first = co_await items.next();
        if (first) co_return co_await send_reply(asked, head, items, std::move(*first));
    } catch (const micro::service_error& error) {
        if (asked.status() != 0) throw;
        answer = text_answer(status_of_error(error.status()), error.description());
    } catch (const std::invalid_argument& bad) {
        if (asked.status() != 0) throw broken_answer(http::status::bad_gateway, bad.what());
        answer =
            text_answer(http::status::bad_gateway, std::string("the function's answer is none of HTTP: ") + bad.what());
    }
    head.complete(answer.headers);
    asked.respond(answer);
}

}  // namespace mote::gateway::detail
