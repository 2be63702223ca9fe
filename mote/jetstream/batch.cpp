#include <mote/jetstream/batch.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/publish_wire.hpp>
#include <mote/nats/nuid.hpp>

#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_id = 64;
constexpr std::size_t confirm_every = 100;

asio::awaitable<void> sent_already() { co_return; }

asio::awaitable<nats::message> answer(asio::awaitable<nats::message> sent, std::string subject) {
    nats::message reply;
    bool answered = true;
    try {
        reply = co_await std::move(sent);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::no_responders) throw;
        answered = false;
    }
    if (!answered) throw_error(errc::no_stream_response, subject);
    co_return reply;
}

/// A message that does not end the batch is confirmed without a word.
asio::awaitable<void> confirmed_part(asio::awaitable<nats::message> sent, std::string subject,
                                     std::shared_ptr<bool> over) {
    *over = true;  // unless it goes well
    const auto reply = co_await answer(std::move(sent), std::move(subject));
    if (!reply.payload().empty()) {
        detail::parse_ack(reply.payload());  // throws what was refused
        throw_error(errc::bad_reply, "a part of a batch was stored by itself");
    }
    *over = false;
}

asio::awaitable<publish_ack> committed(asio::awaitable<nats::message> sent, std::string subject, std::string id) {
    const auto reply = co_await answer(std::move(sent), std::move(subject));
    auto ack = detail::parse_ack(reply.payload());
    if (ack.batch != id) throw_error(errc::bad_reply, "batch " + id + " was stored as one message");
    co_return ack;
}

}  // namespace

batch::batch(context js, std::string id)
    : js_(std::move(js)), id_(id.empty() ? nats::next_nuid() : std::move(id)), over_(std::make_shared<bool>(false)) {
    if (id_.size() > longest_id) throw_error(errc::bad_config, "batch id of " + std::to_string(id_.size()) + " bytes");
    detail::require_server(js_, 2, 12, "an atomic batch");
}

nats::request_options batch::next(const publish_options& opts) {
    if (*over_) throw_error(errc::bad_config, "batch " + id_ + " is over");
    detail::check_publish(js_, opts);
    nats::request_options request;
    request.timeout = js_.timeout();
    request.headers = detail::headers_of(opts);
    request.headers.set("Nats-Batch-Id", id_);
    request.headers.set("Nats-Batch-Sequence", std::to_string(size_ + 1));
    return request;
}

asio::awaitable<void> batch::add(std::string_view subject, std::string_view payload, const publish_options& opts) {
    const auto request = next(opts);
    if (size_ % confirm_every != 0) {
        js_.connection().publish(subject, payload, request.headers);
        ++size_;
        return sent_already();
    }
    auto sent = js_.connection().request(subject, payload, request);
    ++size_;
    return confirmed_part(std::move(sent), std::string(subject), over_);
}

asio::awaitable<publish_ack> batch::commit(std::string_view subject, std::string_view payload,
                                           const publish_options& opts) {
    auto request = next(opts);
    request.headers.set("Nats-Batch-Commit", "1");
    auto sent = js_.connection().request(subject, payload, request);
    ++size_;
    *over_ = true;
    return committed(std::move(sent), std::string(subject), id_);
}

}  // namespace mote::jetstream
