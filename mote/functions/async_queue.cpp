#include <mote/functions/async_queue.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/callback.hpp>
#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/detail/call_store.hpp>
#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

namespace mote::functions {
namespace {

namespace asio = boost::asio;
using detail::call_store;

constexpr int store_failed = 10077;  // the server's number for a stream that takes no more
constexpr int most_changes = 20;
/// Of a message, beside the call: for what its run adds, and a dead letter with its reason.
constexpr std::size_t room_beside_call = 2048;

bool is_target_character(char c) { return c > ' ' && c != 0x7f; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

[[noreturn]] void refuse_call(std::string_view what, std::string_view text, std::string_view wanted) {
    throw_error(errc::bad_call, std::string(what) + ' ' + detail::quoted(text) + ": expected " + std::string(wanted));
}

void check_call_id(std::string_view id) {
    if (!call_headers::is_call_id(id)) refuse_call(call_headers::call_id, id, "1 to 64 letters, digits, - and _");
}

[[noreturn]] void refuse_taken(const std::string& call_id, const function_name& by) {
    throw_error(errc::call_id_taken, "call " + call_id + " is one of " + by.full());
}

void check(const async_call& call) {
    function_name::parse(call.function.name, call.function.space);
    check_call_id(call.call_id);
    if (call.method.empty() || call.method.size() > 32 || !std::ranges::all_of(call.method, is_capital))
        refuse_call("method", call.method, "1 to 32 capital letters");
    if (!call.path.starts_with('/') || !std::ranges::all_of(call.path, is_target_character))
        refuse_call("path", call.path, "/ and what may stand in a target");
    if (!std::ranges::all_of(call.query, is_target_character))  // which may hold secrets
        throw_error(errc::bad_call, "query: expected what may stand in a target");
    if (!std::ranges::all_of(call.host, is_target_character))
        refuse_call("host", call.host, "no blanks and no control characters");
    if (call.callback_url.empty()) return;
    check_callback_url(call.callback_url);
    call.callback_allow.check(call.callback_url);
}

std::chrono::nanoseconds since_epoch(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
}

nats::headers headers_of(const async_call& call, std::chrono::system_clock::time_point now) {
    nats::headers headers;
    for (const auto& [name, value] : call.headers)
        if (call_headers::is_passed_on(name)) headers.add(name, value);
    headers.set(call_headers::call_id, call.call_id);
    if (!headers.get(call_headers::start_time))
        headers.set(call_headers::start_time, std::to_string(since_epoch(now).count()));
    headers.set(call_headers::method, call.method);
    headers.set(call_headers::path, call.path);
    if (!call.query.empty()) headers.set(call_headers::query, call.query);
    if (!call.host.empty()) headers.set(call_headers::host, call.host);
    if (!call.callback_url.empty())
        headers.set(detail::callback_header, call.callback_url)
            .set(detail::callback_allow_header, call.callback_allow.text());
    return headers;
}

/// What the server says in its own words, in ours.
asio::awaitable<jetstream::publish_ack> kept(asio::awaitable<jetstream::publish_ack> publishing) {
    try {
        co_return co_await std::move(publishing);
    } catch (const jetstream::server_error& failed) {
        if (failed.err_code() != store_failed || !failed.description().starts_with("maximum ")) throw;
        throw_error(errc::queue_full, failed.description());
    }
}

asio::awaitable<jetstream::publish_ack> publish(const jetstream::context& js, const async_call& call,
                                                const jetstream::publish_options& opts) {
    const auto limit = js.connection().server().max_payload;
    if (call.body.size() + opts.headers.lines().size() + room_beside_call > limit)
        throw_error(errc::call_too_large, "a body of " + std::to_string(call.body.size()) + " bytes, its headers and " +
                                              std::to_string(room_beside_call) +
                                              " bytes to spare are more than the server's max_payload of " +
                                              std::to_string(limit));
    return kept(js.publish(detail::call_subject(call.function), call.body, opts));
}

/// Whose call has the id that was seen to be taken, by the record or, where that is not written yet, by the message.
asio::awaitable<std::optional<function_name>> owner_of(call_store store, std::string call_id, std::uint64_t sequence) {
    auto found = co_await store.read(std::move(call_id));
    std::optional<function_name> owner;
    if (found.revision != 0 && !found.what.function.name.empty()) {
        owner = std::move(found.what.function);
        co_return owner;
    }
    const auto message = co_await store.js().message(async_queue::stream_name, sequence);
    if (message) owner = detail::function_in(message->subject, detail::call_subjects);
    co_return owner;
}

asio::awaitable<std::optional<call_record>> known(call_store store, std::string call_id) {
    auto found = co_await store.read(std::move(call_id));
    std::optional<call_record> record;
    if (found.revision != 0 && !found.what.function.name.empty()) record = std::move(found.what);
    co_return record;
}

}  // namespace

struct async_queue::shared {
    explicit shared(call_store opened) : store(std::move(opened)) {}

    call_store store;
    std::uint64_t submitted = 0;
};

asio::awaitable<async_queue> async_queue::open(jetstream::context js, async_queue_options opts) {
    auto store = co_await call_store::open(std::move(js), opts);
    co_return async_queue(std::make_shared<shared>(std::move(store)));
}

asio::awaitable<enqueued> async_queue::enqueue(async_call call) const { return put(shared_, std::move(call)); }

asio::awaitable<enqueued> async_queue::put(std::shared_ptr<shared> self, async_call call) {
    check(call);
    const auto now = std::chrono::system_clock::now();
    const auto& js = self->store.js();
    jetstream::publish_options opts;
    opts.headers = headers_of(call, now);
    opts.message_id = call.call_id;
    auto publishing = publish(js, call, opts);
    const auto ack = co_await std::move(publishing);
    if (ack.duplicate) {
        const auto owner = co_await owner_of(self->store, call.call_id, ack.sequence);
        if (owner && *owner != call.function) refuse_taken(call.call_id, *owner);
    }

    call_record record;
    record.function = call.function;
    record.sequence = ack.sequence;
    record.submitted = now;
    if (!call.callback_url.empty()) record.callback = callback_state::pending;
    const auto written = co_await self->store.write(call.call_id, write_record(record), 0);
    enqueued result;
    result.sequence = ack.sequence;
    result.duplicate = ack.duplicate;
    std::optional<function_name> owner;
    if (!written && !ack.duplicate) {
        // A worker was quicker; or the id is that of an earlier call, and workers pass this one over.
        const auto other = co_await self->store.read(call.call_id);
        result.duplicate = other.what.sequence != 0 && other.what.sequence != ack.sequence;
        if (result.duplicate) {
            result.sequence = other.what.sequence;
            owner = other.what.function;
        }
    }
    if (!result.duplicate) ++self->submitted;
    js.connection().publish(detail::notice_subject(call.function), std::string_view());
    if (owner && !owner->name.empty() && *owner != call.function) refuse_taken(call.call_id, *owner);
    co_return result;
}

asio::awaitable<std::optional<call_record>> async_queue::state(std::string call_id) const {
    check_call_id(call_id);
    return known(shared_->store, std::move(call_id));
}

asio::awaitable<cancel_outcome> async_queue::cancel(std::string call_id) const {
    check_call_id(call_id);
    return stop(shared_, std::move(call_id));
}

asio::awaitable<cancel_outcome> async_queue::stop(std::shared_ptr<shared> self, std::string call_id) {
    for (int tried = 0; tried < most_changes; ++tried) {
        auto found = co_await self->store.read(call_id);
        auto& record = found.what;
        if (found.revision == 0 || record.function.name.empty()) co_return cancel_outcome::unknown;
        if (is_final(record.state)) co_return cancel_outcome::ended;
        record.state = call_state::cancelled;
        record.callback = callback_state::none;
        record.reason = "cancelled";
        const auto written = co_await self->store.write(call_id, write_record(record), found.revision);
        if (!written) continue;
        const auto& js = self->store.js();
        // Who runs it hears that; who is given it later reads the record. Its message only takes room until then.
        js.connection().publish(std::string(call_headers::cancel_prefix) + call_id, std::string_view());
        if (record.sequence != 0) co_await js.delete_message(stream_name, record.sequence);
        co_return cancel_outcome::cancelled;
    }
    throw_error(errc::wrong_revision, "call " + call_id);
}

asio::awaitable<std::map<function_name, std::uint64_t>> async_queue::pending() const {
    return shared_->store.pending();
}

std::uint64_t async_queue::submitted() const noexcept { return shared_->submitted; }

std::size_t async_queue::max_body() const noexcept {
    const auto limit = shared_->store.js().connection().server().max_payload;
    return limit - std::min(limit, room_beside_call);
}

}  // namespace mote::functions
