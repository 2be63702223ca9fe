#include <mote/functions/detail/function_call.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/plain_reason.hpp>

#include <charconv>
#include <utility>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t window =
    16;  // replies under way: a bound of memory, as each may be as large as the server allows
constexpr int cancelled_status = 499;

int status_in(const nats::headers_view& headers) {
    const auto text = headers.get(call_headers::status);
    if (!text) return 200;
    int status = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), status);
    const bool good = failed == std::errc() && end == text->data() + text->size() && status >= 200 && status <= 599;
    return good ? status : 502;  // as the gateway answers it
}

void read_head(const nats::headers_view& headers, call_answer& answer) {
    answer.status = status_in(headers);
    for (const auto& field : headers) {
        if (!call_headers::is_passed_on(field.name)) continue;
        try {
            answer.headers.add(field.name, field.value);
        } catch (const boost::system::system_error&) {
            continue;  // a name that nobody may send
        }
    }
}

void read_error(const micro::service_error& failed, call_answer& answer) {
    const bool is_status = failed.status() >= 400 && failed.status() <= 599;
    answer.status = is_status ? failed.status() : 500;
    answer.body = failed.data().empty() ? failed.description() : failed.data();
    answer.trouble = failed.description();
}

/// What stands for an answer that did not come, or only in part.
void read_failure(const boost::system::system_error& failed, call_answer& answer) {
    if (failed.code() == nats::errc::closed || failed.code() == nats::errc::permission_denied) throw;
    if (failed.code() == nats::errc::no_responders) {
        answer.status = 503;
        answer.trouble = "nobody serves the function";
    } else if (failed.code() == nats::errc::timeout) {
        answer.status = 504;
        answer.trouble = "no answer in time";
    } else {
        answer.status = 502;
        answer.trouble = nats::plain_reason(failed.what());
    }
    answer.headers = nats::headers();
    answer.body = answer.trouble;
}

}  // namespace

asio::awaitable<call_answer> function_call::ask(std::shared_ptr<function_call> self, nats::connection connection,
                                                request what) {
    call_answer answer;
    micro::stream_options opts;
    opts.window = window;
    opts.timeout = what.timeout;
    opts.deadline = std::chrono::steady_clock::now() + what.timeout;
    opts.headers = std::move(what.headers);
    try {
        if (!self->cancelled_)
            self->reader_.emplace(
                micro::read_stream(connection, std::move(what.subject), std::move(what.payload), opts));
        while (!self->cancelled_) {
            const auto item = co_await self->reader_->next();
            if (!item) break;
            if (answer.status == 0) read_head(item->headers(), answer);
            if (answer.body.size() + item->payload().size() > what.max_result) {
                answer.too_large = true;
                self->reader_->cancel();
                break;
            }
            answer.body.append(item->payload());
        }
    } catch (const micro::service_error& failed) {
        read_error(failed, answer);
    } catch (const boost::system::system_error& failed) {
        read_failure(failed, answer);
    }
    if (self->cancelled_) {
        answer.status = cancelled_status;
        answer.trouble = "cancelled";
    } else if (answer.status == 0) {
        answer.status = 200;  // a stream without items
    }
    co_return answer;
}

void function_call::cancel() noexcept {
    cancelled_ = true;
    if (reader_) reader_->cancel();
}

}  // namespace mote::functions::detail
