#include <mote/jetstream/context.hpp>
#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/wire.hpp>
#include <mote/nats/base64.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// After so long without an answer to a direct get we ask whether the stream gives any.
constexpr std::chrono::nanoseconds silence = std::chrono::milliseconds(500);

[[noreturn]] void throw_status(const nats::message& reply) {
    const int status = reply.status();
    const std::string text(reply.headers().description());
    throw server_error(status == 408 ? errc::bad_request : detail::errc_of(status, 0), status, 0, text);
}

/// Reads what a direct get answered; nothing for a 404.
std::optional<stored_message> parse_direct(nats::message reply) {
    const int status = reply.status();
    if (status == 404) return std::nullopt;
    if (status != 0) throw_status(reply);

    std::optional<stored_message> stored(std::in_place);
    std::optional<std::uint64_t> sequence;
    std::optional<std::chrono::system_clock::time_point> time;
    for (const auto& field : reply.headers()) {
        if (!field.name.starts_with("Nats-")) continue;
        if (field.name == "Nats-Subject") stored->subject = field.value;
        if (field.name == "Nats-Sequence") sequence = detail::parse_number(field.value);
        if (field.name == "Nats-Time-Stamp") time = detail::parse_time(field.value);
    }
    if (stored->subject.empty()) throw_error(errc::bad_reply, "direct get: no Nats-Subject");
    if (!sequence) throw_error(errc::bad_reply, "direct get: no Nats-Sequence");
    if (!time) throw_error(errc::bad_reply, "direct get: no Nats-Time-Stamp");
    stored->sequence = *sequence;
    stored->time = *time;
    stored->message = std::move(reply);
    return stored;
}

stored_message parse_stored(const json::object& reply) {
    const auto from = detail::json_reader(reply, "reply").object("message");
    stored_message stored;
    stored.subject = from.text("subject");
    stored.sequence = from.integer<std::uint64_t>("seq");
    const auto time = detail::parse_time(from.text("time"));
    const auto headers = nats::decode_base64(from.text("hdrs"));
    const auto payload = nats::decode_base64(from.text("data"));
    if (stored.subject.empty()) from.fail("subject", "there");
    if (!time) from.fail("time", "a time");
    if (!headers) from.fail("hdrs", "base64");
    if (!payload) from.fail("data", "base64");
    stored.time = *time;
    nats::message_view view;
    view.subject = stored.subject;
    view.headers = nats::headers_view(*headers);
    view.payload = *payload;
    stored.message = nats::message(view);
    return stored;
}

/// Which message: that of a sequence, the last one of a subject or, with both, the first one of it from there on.
struct question {
    std::string stream;
    std::string subject;
    std::uint64_t sequence;
    question(std::string in, std::string last_of, std::uint64_t at)
        : stream(std::move(in)), subject(std::move(last_of)), sequence(at) {}
};

/// Asks the stream's leader: for streams that do not answer direct gets.
asio::awaitable<std::optional<stored_message>> ask_leader(context js, question asked) {
    std::optional<stored_message> stored;
    json::object query;
    if (asked.sequence != 0) query["seq"] = asked.sequence;
    if (!asked.subject.empty()) query[asked.sequence == 0 ? "last_by_subj" : "next_by_subj"] = asked.subject;
    try {
        const auto reply = co_await detail::api_request(js, "STREAM.MSG.GET." + asked.stream, json::serialize(query));
        stored = parse_stored(reply);
    } catch (const server_error& failed) {
        if (failed.code() != errc::message_not_found) throw;
    }
    co_return stored;
}

/// Sends a direct get, which any replica answers.
asio::awaitable<nats::message> ask_any(const context& js, const question& asked, std::chrono::nanoseconds timeout) {
    nats::request_options opts;
    opts.timeout = timeout;
    const auto subject = js.api_prefix() + "DIRECT.GET." + asked.stream;
    if (asked.sequence == 0) return js.connection().request(subject + "." + asked.subject, {}, opts);
    if (asked.subject.empty())
        return js.connection().request(subject, "{\"seq\":" + std::to_string(asked.sequence) + "}", opts);
    json::object query;
    query["seq"] = asked.sequence;
    query["next_by_subj"] = asked.subject;
    return js.connection().request(subject, json::serialize(query), opts);
}

bool is_silence(const boost::system::error_code& why) {
    return why == nats::errc::no_responders || why == nats::errc::timeout;
}

/// `sent` is the direct get of the same message. A server is silent when the stream does not allow direct gets, or is not
/// there at all; then the stream's description tells which.
asio::awaitable<std::optional<stored_message>> await_message(context js, asio::awaitable<nats::message> sent,
                                                             question asked,
                                                             std::shared_ptr<std::set<std::string>> not_direct) {
    nats::message reply;
    bool answered = true;
    try {
        reply = co_await std::move(sent);
    } catch (const boost::system::system_error& failed) {
        if (!is_silence(failed.code())) throw;
        answered = false;
    }
    if (answered) co_return parse_direct(std::move(reply));

    const auto info = co_await js.stream(asked.stream);
    if (!info.config.allow_direct) {
        not_direct->insert(asked.stream);
        co_return co_await ask_leader(std::move(js), std::move(asked));
    }
    reply = co_await ask_any(js, asked, js.timeout());  // it was only slow
    co_return parse_direct(std::move(reply));
}

/// Asks whoever answers for this stream, at once.
asio::awaitable<std::optional<stored_message>> ask(context js, question asked,
                                                   std::shared_ptr<std::set<std::string>> not_direct) {
    if (not_direct->contains(asked.stream)) return ask_leader(std::move(js), std::move(asked));
    auto sent = ask_any(js, asked, std::min(js.timeout(), silence));
    return await_message(std::move(js), std::move(sent), std::move(asked), std::move(not_direct));
}

asio::awaitable<std::optional<stored_message>> none() { co_return std::nullopt; }

}  // namespace

asio::awaitable<std::optional<stored_message>> context::last_message(std::string stream, std::string subject) const {
    detail::check_name(stream, "stream");
    if (subject.empty()) nats::throw_error(nats::errc::bad_subject, "the last message of no subject");
    return ask(*this, question(std::move(stream), std::move(subject), 0), leader_only_);
}

asio::awaitable<std::optional<stored_message>> context::message(std::string stream, std::uint64_t sequence) const {
    detail::check_name(stream, "stream");
    if (sequence == 0) return none();  // sequences start at 1
    return ask(*this, question(std::move(stream), {}, sequence), leader_only_);
}

asio::awaitable<std::optional<stored_message>> context::next_message(std::string stream, std::string subject,
                                                                     std::uint64_t sequence) const {
    detail::check_name(stream, "stream");
    if (!nats::is_valid_subscribe_subject(subject)) nats::throw_error(nats::errc::bad_subject, subject);
    return ask(*this, question(std::move(stream), std::move(subject), std::max<std::uint64_t>(sequence, 1)),
               leader_only_);
}

}  // namespace mote::jetstream
