#include <mote/jetstream/context.hpp>
#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/json.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr int publish_tries = 3;
constexpr std::chrono::milliseconds retry_wait{250};

nats::headers headers_of(const publish_options& opts) {
    nats::headers headers = opts.headers;
    if (!opts.message_id.empty()) headers.set("Nats-Msg-Id", opts.message_id);
    if (!opts.expected_stream.empty()) headers.set("Nats-Expected-Stream", opts.expected_stream);
    if (opts.expected_last_sequence)
        headers.set("Nats-Expected-Last-Sequence", std::to_string(*opts.expected_last_sequence));
    if (opts.expected_last_subject_sequence)
        headers.set("Nats-Expected-Last-Subject-Sequence", std::to_string(*opts.expected_last_subject_sequence));
    if (!opts.expected_last_message_id.empty()) headers.set("Nats-Expected-Last-Msg-Id", opts.expected_last_message_id);
    if (!opts.rollup.empty()) headers.set("Nats-Rollup", opts.rollup);
    if (opts.ttl.count() != 0) headers.set("Nats-TTL", std::to_string(opts.ttl.count()) + "ns");
    return headers;
}

/// An old server skips the header and would keep the message for ever.
void check_ttl(const context& js, std::chrono::nanoseconds ttl) {
    if (ttl.count() == 0) return;
    if (ttl < std::chrono::seconds(1)) throw_error(errc::bad_config, "a message's TTL below 1 s");
    detail::require_server(js, 2, 11, "a message's TTL");
}

publish_ack parse_ack(std::string_view payload) {
    unsigned char memory[1024];  // enough for an acknowledgement without a trip to the heap
    json::monotonic_resource resource(memory);
    boost::system::error_code failed;
    const auto parsed = json::parse(json::string_view(payload.data(), payload.size()), failed, &resource);
    if (failed || !parsed.is_object()) throw_error(errc::bad_reply, "publish acknowledgement: not a JSON object");
    detail::throw_if_error(parsed.get_object());
    const detail::json_reader from(parsed.get_object(), "acknowledgement");
    publish_ack ack;
    ack.stream = from.text("stream");
    ack.sequence = from.integer<std::uint64_t>("seq");
    ack.duplicate = from.flag("duplicate");
    // A service that answers on this subject is no stream.
    if (ack.stream.empty()) from.fail("stream", "there");
    if (ack.sequence == 0) from.fail("seq", "there");
    return ack;
}

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
        if (answered) co_return parse_ack(reply.payload());
        if (tries == publish_tries) throw_error(errc::no_stream_response, subject);
        asio::steady_timer timer(js.connection().executor(), retry_wait);
        co_await timer.async_wait(asio::use_awaitable);
        sent = js.connection().request(subject, payload, opts);
    }
}

}  // namespace

asio::awaitable<publish_ack> context::publish(std::string_view subject, std::string_view payload,
                                              const publish_options& opts) const {
    check_ttl(*this, opts.ttl);
    nats::request_options request;
    request.timeout = timeout_;
    request.headers = headers_of(opts);
    auto sent = connection_.request(subject, payload, request);
    return await_ack(*this, std::move(sent), std::string(subject), std::string(payload), std::move(request));
}

}  // namespace mote::jetstream
