#include <mote/jetstream/context.hpp>
#include <mote/jetstream/detail/publish_wire.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

constexpr int publish_tries = 3;
constexpr std::chrono::milliseconds retry_wait{250};

/// `sent` is the first try. The copies are for the others.
asio::awaitable<publish_ack> await_ack(context js, asio::awaitable<nats::message> sent, std::string subject,
                                       std::string payload, nats::request_options opts) {
    for (int tries = 1;; ++tries) {
        nats::message reply;
        bool answered = true;
        try {
            reply = co_await std::move(sent);
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != nats::errc::no_responders) throw;
            answered = false;
        }
        if (answered) co_return detail::parse_ack(reply.payload());
        if (tries == publish_tries) throw_error(errc::no_stream_response, subject);
        asio::steady_timer timer(js.connection().executor(), retry_wait);
        co_await timer.async_wait(asio::use_awaitable);
        sent = js.connection().request(subject, payload, opts);
    }
}

}  // namespace

asio::awaitable<publish_ack> context::publish(std::string_view subject, std::string_view payload,
                                              const publish_options& opts) const {
    detail::check_publish(*this, opts);
    nats::request_options request;
    request.timeout = timeout_;
    request.headers = detail::headers_of(opts);
    auto sent = connection_.request(subject, payload, request);
    return await_ack(*this, std::move(sent), std::string(subject), std::string(payload), std::move(request));
}

}  // namespace mote::jetstream
