#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_state.hpp>
#include <mote/jetstream/detail/pull_status.hpp>

#include <algorithm>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds longest_wait{500};  // after so long it looks whether there was a reconnect
constexpr std::size_t most_reserved = 1024;

void fail(fetch_result& result, const boost::system::error_code& why, std::string text) {
    result.end = fetch_end::failed;
    result.error = why;
    result.text = std::move(text);
}

/// What a status that is no heartbeat makes of a fetch.
void take_end(fetch_result& result, const nats::headers_view& headers, bool no_wait) {
    auto seen = parse_pull_status(headers);
    const int status = headers.status();
    if (status == 404 || (status == 408 && no_wait)) {
        result.end = fetch_end::no_messages;
    } else if (status == 408) {
        result.end = fetch_end::expired;
    } else if (seen.too_large) {
        result.end = fetch_end::bytes;
    } else {
        const boost::system::error_code nobody = nats::errc::no_responders;
        const boost::system::error_code ended = errc::pull_ended;
        return fail(result, status == 503 ? nobody : seen.error ? seen.error : ended, std::move(seen.text));
    }
    result.text = std::move(seen.text);
}

}  // namespace

std::string pull_state::fetch_body(std::size_t batch, const fetch_options& opts) const {
    auto body = "{\"batch\":" + std::to_string(batch);
    if (opts.no_wait) {
        body += ",\"no_wait\":true";
    } else {
        body += ",\"expires\":" + std::to_string(opts.expires.count());
        if (opts.heartbeat.count() > 0) body += ",\"idle_heartbeat\":" + std::to_string(opts.heartbeat.count());
    }
    if (opts.max_bytes != 0) body += ",\"max_bytes\":" + std::to_string(opts.max_bytes);
    append_group(body);
    return body + "}";
}

asio::awaitable<fetch_result> pull_state::fetch(std::shared_ptr<pull_state> self, std::size_t batch,
                                                fetch_options opts) {
    static const nats::headers none;
    const auto& connection = self->connection();
    const auto reconnects = connection.stats().reconnects;
    nats::subscribe_options bounds;
    bounds.max_pending_messages = batch + 16;  // heartbeats and the end come beside them
    auto inbox = connection.subscribe(connection.new_inbox(), std::move(bounds));
    connection.publish(self->request_subject_, inbox.subject(), self->fetch_body(batch, opts), none);

    fetch_result result;
    result.deliveries.reserve(std::min(batch, most_reserved));
    // The server's own end should come before this one.
    const auto deadline =
        deadline_after(opts.no_wait ? self->timeout() : opts.expires + std::min(opts.expires, self->timeout()));
    auto last_sign = clock::now();
    while (result.deliveries.size() < batch && result.end == fetch_end::filled) {
        const auto now = clock::now();
        if (now >= deadline) {
            result.end = fetch_end::expired;
            break;
        }
        std::optional<nats::message> message;
        boost::system::error_code failed;
        const auto left = std::min<std::chrono::nanoseconds>(deadline - now, longest_wait);
        try {
            message = co_await inbox.next(left);
            if (!message) failed = nats::errc::closed;
        } catch (const boost::system::system_error& thrown) {
            failed = thrown.code();
        }
        if (failed == nats::errc::timeout) {
            if (connection.stats().reconnects != reconnects)
                fail(result, nats::errc::disconnected, "reconnected");
            else if (opts.heartbeat.count() > 0 && clock::now() - last_sign > 2 * opts.heartbeat)
                fail(result, errc::no_heartbeat, self->stream_ + " > " + self->name_);
            continue;
        }
        if (failed) {
            fail(result, failed, failed.message());
            continue;
        }
        last_sign = clock::now();
        if (is_delivery(message->view())) {
            if (self->pinned_client_) self->pin_ = message->headers().get("Nats-Pin-Id").value_or("");
            ++self->received_;
            result.deliveries.push_back(delivery(*self, std::move(*message)));
            self->demand_.handed_out();
        } else if (message->status() != 0 && message->status() != 100) {
            if (message->status() == 423) self->on_unpinned();
            take_end(result, message->headers(), opts.no_wait);
        }
    }
    co_return result;
}

}  // namespace mote::jetstream::detail
