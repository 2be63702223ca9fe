#include <mote/nats/detail/session.hpp>

#include <mote/nats/detail/info_json.hpp>
#include <mote/nats/protocol/parser.hpp>
#include <mote/nats/protocol/writer.hpp>

#include <algorithm>
#include <cctype>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t least_read_bytes = 16 * 1024;
constexpr std::size_t largest_kept_buffer = 1024 * 1024;

bool starts_with_any_case(std::string_view text, std::string_view prefix) {
    if (text.size() < prefix.size()) return false;
    return std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
}

/// What stands between the first pair of double quotes behind `word`.
std::string_view quoted_after(std::string_view text, std::string_view word) {
    const auto at = text.find(word);
    if (at == std::string_view::npos) return {};
    const auto begin = text.find('"', at + word.size());
    if (begin == std::string_view::npos) return {};
    const auto end = text.find('"', begin + 1);
    return end == std::string_view::npos ? std::string_view{} : text.substr(begin + 1, end - begin - 1);
}

/// What the server means by a text of its own (nats-server's errors; reference of the client protocol).
constexpr std::pair<std::string_view, errc> server_errors[] = {
    {"stale connection", errc::stale_connection},
    {"authorization violation", errc::auth_failed},
    {"authentication timeout", errc::auth_failed},
    {"user authentication revoked", errc::auth_failed},
    {"user authentication expired", errc::credentials_expired},
    {"account authentication expired", errc::credentials_expired},
    {"maximum subscriptions exceeded", errc::too_many_subscriptions},
    {"maximum connections exceeded", errc::too_many_connections},
    {"maximum account active connections exceeded", errc::too_many_connections},
    {"maximum payload violation", errc::max_payload_exceeded},
    {"invalid publish subject", errc::bad_subject},
    {"invalid subject", errc::bad_subject},
};

errc meaning_of(std::string_view text) {
    for (const auto& [words, code] : server_errors)
        if (starts_with_any_case(text, words)) return code;
    return errc::server_error;
}

}  // namespace

/// Where the next bytes go: a whole first operation fits, and a read is worth its system call.
asio::mutable_buffer session::read_room(std::size_t needed) {
    if (input_.capacity() > largest_kept_buffer) input_.shrink(read_buffer_bytes);
    const auto missing = needed > input_.size() ? needed - input_.size() : 0;
    input_.prepare(std::max(missing, input_.capacity() == 0 ? read_buffer_bytes : least_read_bytes));
    return {input_.end(), input_.room()};
}

boost::system::error_code session::handle_input() {
    in_read_batch_ = true;
    const auto* const outer = std::exchange(handling_input_here, this);  // a handler may run another loop
    input_needed_ = 0;
    protocol::frame frame;
    while (!input_.empty() && !broken_) {
        const auto result = protocol::parse_server_frame(input_.data(), frame);
        if (result.status == protocol::parse_result::kind::incomplete) {
            input_needed_ = result.size;
            break;
        }
        if (result.status == protocol::parse_result::kind::invalid) {
            emit(event_kind::error, errc::protocol_error, std::string(protocol::describe(result.error)));
            broken_ = errc::protocol_error;
            break;
        }
        on_frame(frame);
        input_.consume(result.size);
    }
    end_burst();
    in_read_batch_ = false;
    handling_input_here = outer;
    subscriptions_.forget_removed();
    write_now();
    return broken_;
}

void session::on_frame(const protocol::frame& frame) {
    switch (frame.op) {
        [[likely]] case protocol::operation::msg:
            return on_message(frame);
        case protocol::operation::ping: protocol::write_pong(outbox_.end(small_operation)); return output_added();
        case protocol::operation::pong: return on_pong();
        case protocol::operation::info: return on_info(frame.text);
        case protocol::operation::err: return on_server_error(frame.text);
        default: return;
    }
}

void session::on_message(const protocol::frame& frame) {
    const message_view& view = frame;
    ++stats_.in_messages;
    stats_.in_bytes += view.headers.raw().size() + view.payload.size();
    if (frame.has_bad_headers) [[unlikely]]
        emit(event_kind::error, errc::bad_header, "a message came without its headers", std::string(view.subject));
    if (burst_ != nullptr && burst_->sid != frame.sid) end_burst();
    auto* const state = subscriptions_.find(frame.sid);
    if (state == nullptr) return;  // ended meanwhile
    if (state == request_subscription_) return on_reply(view);
    if (state->opts.after_burst) burst_ = state;

    ++state->received;
    if (state->handler) {
        ++state->counts.delivered;
        call(*state, state->handler, view);
    } else {
        enqueue(*state, view);
    }
    if (state->opts.max_messages != 0 && state->received >= state->opts.max_messages && !state->ended)
        end_subscription(*state);
}

void session::enqueue(subscription_state& state, const message_view& view) {
    const auto dropped_before = state.counts.dropped;
    const bool all_fit = state.enqueue(view);
    stats_.dropped += state.counts.dropped - dropped_before;
    if (std::exchange(state.overflowing, !all_fit) || all_fit) return;
    emit(event_kind::slow_consumer, {}, state.subject);
    if (state.opts.on_error)
        call(state, state.opts.on_error, boost::system::error_code(), "slow consumer, messages dropped");
}

template <class Callback, class... Arguments>
[[gnu::always_inline]] inline void session::call(const subscription_state& state, const Callback& callback,
                                                 const Arguments&... arguments) {
    try {
        callback(arguments...);
    } catch (const std::exception& failed) {
        emit(event_kind::error, errc::handler_failed, state.subject + ": " + failed.what());
    } catch (...) {
        emit(event_kind::error, errc::handler_failed, state.subject);
    }
}

/// The subscription's state is still there, even if it was removed: see subscription_table::remove.
void session::end_burst() {
    auto* const state = std::exchange(burst_, nullptr);
    if (state != nullptr && !state->released) call(*state, state->opts.after_burst);
}

/// A server may bring a reply under another subject than it was sent to, by the mapping of an import or as a message of a stream:
/// then nothing says whose it is, and only one that is alone can have it, with nothing late that may come to this inbox.
pending_request* session::asker_of(const message_view& reply) {
    if (!reply.subject.starts_with(request_inbox_)) return requests_.only_one();
    return requests_.find(reply.subject.substr(request_inbox_.size()));
}

void session::on_reply(const message_view& view) {
    auto* const request = asker_of(view);
    if (request == nullptr) return;  // too late, or nobody's
    request->answered = true;
    if (request->most != 0) {
        if (!request->is_taken_at_once(view) && !request->keep(view)) ++stats_.dropped;
        return;
    }
    if (request->done.is_set()) return;  // not the first reply
    request->reply = message(view);
    request->done.set();
}

void session::on_info(std::string_view json) {
    server_info info;
    try {
        info = parse_info(json);
    } catch (const boost::system::system_error& failed) {
        emit(event_kind::error, failed.code(), "INFO");
        return;
    }
    const bool was_lame_duck = info_.lame_duck;
    info_ = std::move(info);
    use_info(was_lame_duck);
}

void session::use_info(bool was_lame_duck) {
    if (!opts_.ignore_discovered_servers && !info_.connect_urls.empty() && pool_.learn(info_.connect_urls))
        emit(event_kind::discovered_servers);
    if (!info_.lame_duck || was_lame_duck) return;
    emit(event_kind::lame_duck);
    leave_lame_duck();
}

void session::on_pong() {
    pings_out_ = 0;
    if (pongs_.empty()) return;
    const auto waiter = std::move(pongs_.front());
    pongs_.pop_front();
    if (waiter == nullptr) return;
    waiter->answered = std::chrono::steady_clock::now();
    waiter->done.set();
}

void session::on_server_error(std::string_view text) {
    if (starts_with_any_case(text, "permissions violation")) return on_permissions_violation(text);
    const auto code = meaning_of(text);
    emit(event_kind::error, code, std::string(text));
    // Past these the server keeps the link; after every other error it closes it.
    if (code == errc::too_many_subscriptions || code == errc::bad_subject) return;
    broken_ = code;
}

void session::on_permissions_violation(std::string_view text) {
    const auto published = quoted_after(text, "Publish to");
    const auto subject = quoted_after(text, "Subscription to");
    emit(event_kind::error, errc::permission_denied, std::string(text),
         std::string(published.empty() ? subject : published));
    if (!published.empty()) return fail_denied_publish(published);
    const auto queue_group = quoted_after(text, "using queue");
    for (const auto& state : subscriptions_.all()) {
        if (state->subject != subject || state->opts.queue_group != queue_group) continue;
        if (state.get() == request_subscription_) {
            request_subscription_ = nullptr;
            requests_.fail_all(errc::permission_denied);
        }
        state->failure = errc::permission_denied;
        end_subscription(*state);
        if (state->opts.on_error) call(*state, state->opts.on_error, state->failure, std::string(text));
    }
}

void session::fail_denied_publish(std::string_view subject) {
    requests_.fail_subject(subject, errc::permission_denied);
}

}  // namespace mote::nats::detail
