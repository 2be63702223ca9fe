#include <mote/micro/detail/dead_letter.hpp>

#include <mote/micro/detail/sendable.hpp>

#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t most_letters = 1'000'000;
constexpr std::size_t longest_reason = 1024;

/// What the publisher said, without what it asked of the stream: `Nats-Expected-`, `Nats-Rollup`, `Nats-TTL` and the like
/// would be asked of the dead letters again, and refused.
nats::headers kept_headers(const nats::headers_view& received) {
    nats::headers kept;
    for (const auto& field : received)
        if (!field.name.starts_with("Nats-")) add_sendable(kept, field);
    if (const auto id = received.get("Nats-Msg-Id")) kept.set("Mote-Dead-Msg-Id", *id);
    return kept;
}

/// The same for each try to give one message to the dead letters, and another one for every other message.
std::string message_id_of(const dead_letter& letter) {
    const auto stored = std::chrono::duration_cast<std::chrono::nanoseconds>(letter.stored.time_since_epoch());
    return letter.stream + ":" + std::to_string(letter.sequence) + ":" + std::to_string(stored.count());
}

asio::awaitable<void> acknowledged(asio::awaitable<jetstream::publish_ack> published) { co_await std::move(published); }

}  // namespace

asio::awaitable<void> make_dead_letter_stream(jetstream::context js) {
    const auto found = co_await js.find_stream(dead_letter_stream);
    if (found) co_return;
    jetstream::stream_config config;
    config.name = dead_letter_stream;
    config.description = "work that no try could do";
    config.subjects = {"mote.dead.>"};
    config.max_messages = most_letters;
    config.allow_direct = true;
    co_await js.create_stream(std::move(config));
}

asio::awaitable<void> publish_dead_letter(jetstream::context js, dead_letter letter,
                                          const nats::message_view& message) {
    jetstream::publish_options opts;
    opts.headers = kept_headers(message.headers);
    opts.message_id = message_id_of(letter);
    opts.headers.set("Mote-Dead-Reason", letter.reason.substr(0, longest_reason));
    opts.headers.set("Mote-Dead-Tries", std::to_string(letter.tries));
    opts.headers.set("Mote-Dead-Subject", message.subject);
    opts.headers.set("Mote-Dead-Stream", letter.stream);
    opts.headers.set("Mote-Dead-Sequence", std::to_string(letter.sequence));
    return acknowledged(js.publish("mote.dead." + letter.service + "." + letter.endpoint, message.payload, opts));
}

}  // namespace mote::micro::detail
