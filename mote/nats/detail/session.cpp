#include <mote/nats/detail/session.hpp>

#include <mote/nats/detail/deadline.hpp>
#include <mote/nats/detail/link.hpp>
#include <mote/nats/protocol/writer.hpp>
#include <mote/nats/subject.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <limits>
#include <new>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

/// Bytes that the words, numbers and blanks of a PUB or HPUB take beside subject, reply, headers and payload.
constexpr std::size_t frame_overhead = 64;

constexpr std::size_t all_of_it = std::numeric_limits<std::size_t>::max();

/// The prefix of subjects that are subscribed to and that replies go to: without wildcards.
bool is_valid_inbox_prefix(std::string_view text) {
    return is_valid_publish_subject(text) && text.find_first_of("*>") == std::string_view::npos;
}

[[noreturn]] void throw_too_large(std::string_view subject, std::size_t size, std::size_t max_payload) {
    throw_error(errc::max_payload_exceeded, std::to_string(size) + " bytes to " + std::string(subject) +
                                                ", the server takes " + std::to_string(max_payload));
}

/// An event has nobody to report a failure to.
void give_event(const std::function<void(const connection_event&)>& whom, const connection_event& event) noexcept {
    try {
        whom(event);
    } catch (...) {
        return;
    }
}

}  // namespace

session::session(asio::any_io_executor executor, options opts)
    : executor_(std::move(executor)),
      opts_(std::move(opts)),
      pool_(opts_),
      ping_timer_(executor_),
      retry_timer_(executor_),
      requests_timer_(executor_) {
    check_link_options(opts_);
    if (!is_valid_inbox_prefix(opts_.inbox_prefix))
        throw_error(errc::bad_subject, "inbox prefix \"" + opts_.inbox_prefix + "\"");
}

constinit thread_local const session* session::handling_input_here = nullptr;

bool session::runs_on_executor() const noexcept {
    if (const auto* plain = executor_.target<asio::io_context::executor_type>()) return plain->running_in_this_thread();
    if (const auto* strand = executor_.target<asio::strand<asio::io_context::executor_type>>())
        return strand->running_in_this_thread();
    if (const auto* strand = executor_.target<asio::strand<asio::any_io_executor>>())
        return strand->running_in_this_thread();
    if (const auto* strand = executor_.target<asio::strand<asio::thread_pool::executor_type>>())
        return strand->running_in_this_thread();
    return false;
}

void session::require_open() const {
    if (status_ == connection_status::closed) throw_error(errc::closed, "the connection is closed");
}

void session::emit(event_kind kind, const boost::system::error_code& error, std::string detail,
                   std::string subject) noexcept {
    if (!opts_.on_event && event_watchers_.empty()) return;
    // Nothing comes behind `closed`, which who is told of this may bring about. What is published too late is lost, and told.
    const auto may_be_told = [&] {
        return status_ != connection_status::closed || kind == event_kind::closed || error == errc::closed;
    };
    try {
        const connection_event event{kind, connected_server_, error, std::move(detail), std::move(subject)};
        if (opts_.on_event && may_be_told()) give_event(opts_.on_event, event);
        const auto watchers = event_watchers_;  // some may come and go meanwhile
        for (const auto& each : watchers)
            if (const auto watcher = each.lock(); watcher && may_be_told()) give_event(*watcher, event);
    } catch (const std::bad_alloc&) {
        return;
    }
}

event_watch session::watch_events(std::function<void(const connection_event&)> watcher) {
    std::erase_if(event_watchers_, [](const auto& each) { return each.expired(); });
    auto added = std::make_shared<const std::function<void(const connection_event&)>>(std::move(watcher));
    event_watchers_.push_back(added);
    return added;
}

// ---- publishing

void session::publish(std::string_view subject, std::string_view reply, std::string_view payload,
                      const headers* headers) {
    if (!is_valid_publish_subject(subject)) throw_error(errc::bad_subject, subject);
    if (!reply.empty() && !is_valid_publish_subject(reply)) throw_error(errc::bad_subject, reply);
    if (on_executor()) return append(subject, reply, payload, headers);
    publish_from_elsewhere(subject, reply, payload, headers);
}

void session::respond(std::string_view subject, std::string_view payload, const headers* headers) {
    if (on_executor()) return append(subject, {}, payload, headers);
    publish_from_elsewhere(subject, {}, payload, headers);
}

void session::publish_from_elsewhere(std::string_view subject, std::string_view reply, std::string_view payload,
                                     const headers* headers) {
    const auto size = subject.size() + reply.size() + payload.size() + frame_overhead +
                      (headers == nullptr ? 0 : protocol::header_block_size(*headers));
    const auto before = posted_bytes_.fetch_add(size);
    if (before != 0 && before + size > opts_.max_outbound_bytes) {  // one message may be larger than the bound
        posted_bytes_.fetch_sub(size);
        throw_error(errc::outbound_buffer_full, subject);
    }
    auto post = [self = shared_from_this(), size, subject = std::string(subject), reply = std::string(reply),
                 payload = std::string(payload), copy = headers ? *headers : nats::headers()] {
        self->posted_bytes_.fetch_sub(size);
        try {
            self->publish_here(subject, reply, payload, &copy);
        } catch (const boost::system::system_error& failed) {
            self->emit(event_kind::error, failed.code(), subject);
        }
    };
    asio::post(executor_, std::move(post));
}

void session::publish_here(std::string_view subject, std::string_view reply, std::string_view payload,
                           const headers* headers) {
    append(subject, reply, payload, headers);
}

/// Part of its callers: a message is so little work that a call more is felt.
[[gnu::always_inline]] inline void session::append(std::string_view subject, std::string_view reply,
                                                   std::string_view payload, const headers* headers) {
    require_open();
    const auto block_size = headers == nullptr ? 0 : protocol::header_block_size(*headers);
    if (block_size != 0 && ever_linked_ && !info_.headers) throw_error(errc::headers_not_supported, subject);
    const auto size = block_size + payload.size();
    if (ever_linked_ && size > info_.max_payload) throw_too_large(subject, size, info_.max_payload);
    const auto needed = size + subject.size() + reply.size() + frame_overhead;
    if (outbox_.size() + needed > opts_.max_outbound_bytes) make_room(needed);
    std::size_t taken = 0;
    if (payload.size() >= uncopied_bytes) [[unlikely]]
        taken = send_uncopied(subject, reply, payload, headers, block_size);
    ++stats_.out_messages;
    stats_.out_bytes += size;
    if (taken == all_of_it) return;
    if (block_size == 0)
        protocol::write_pub(outbox_.end(needed), subject, reply, payload);
    else
        protocol::write_hpub(outbox_.end(needed), subject, reply, *headers, block_size, payload);
    if (taken != 0) outbox_.sent(taken);
    output_added();
}

/// Behind what already waits. How many bytes the socket took of the operation, or `all_of_it`; what else there is of it, and
/// what the link's failure makes necessary again, is the outbox's.
std::size_t session::send_uncopied(std::string_view subject, std::string_view reply, std::string_view payload,
                                   const headers* headers, std::size_t block_size) {
    write_now();
    if (!linked_ || writer_waits_ || may_send_ != no_bound || !outbox_.empty()) return 0;
    head_.clear();
    if (block_size == 0)
        protocol::write_pub_head(head_, subject, reply, payload.size());
    else
        protocol::write_hpub_head(head_, subject, reply, *headers, block_size, payload.size());
    boost::system::error_code failed;  // comes again when the rest is written
    const auto taken = transport_->try_write_parts({head_.data(), payload, protocol::line_end}, failed);
    return taken == head_.size() + payload.size() + protocol::line_end.size() ? all_of_it : taken;
}

void session::make_room(std::size_t needed) {
    if (linked_) {
        write_now();
        if (linked_ && outbox_.empty()) return;  // one message may be larger than the bound
        if (outbox_.size() + needed <= opts_.max_outbound_bytes) return;
    }
    throw_error(errc::outbound_buffer_full,
                std::to_string(outbox_.size()) + " of " + std::to_string(opts_.max_outbound_bytes) + " bytes wait");
}

void session::schedule_write() {
    write_scheduled_ = true;
    asio::post(executor_, [self = shared_from_this()] {
        self->write_scheduled_ = false;
        self->write_now();
    });
}

void session::write_now() {
    while (linked_ && !writer_waits_) {
        const auto bytes = outbox_.unsent().substr(0, may_send_);
        if (bytes.empty()) break;
        boost::system::error_code failed;
        const auto count = transport_->try_write(bytes, failed);
        outbox_.sent(count);
        if (may_send_ != no_bound) may_send_ -= count;
        if (!failed) continue;
        if (failed != asio::error::would_block && failed != asio::error::try_again) return fail_link(failed);
        writer_waits_ = true;
        start_writer();
    }
    if (!waiting_for_room_.empty() && has_room()) tell_of_room();
}

/// All of them: each looks again whether there is still room when its turn comes.
void session::tell_of_room() {
    for (const auto& waiting : std::exchange(waiting_for_room_, {})) waiting->set();
}

asio::awaitable<void> session::room(std::chrono::nanoseconds timeout) {
    const auto self = shared_from_this();
    const auto deadline = deadline_after(or_default(timeout));
    for (;;) {
        require_open();
        if (has_room()) co_return;
        // Those that wait no more would pile up while the server is away.
        std::erase_if(waiting_for_room_, [](const auto& other) { return other.use_count() == 1; });
        const auto waiting = std::make_shared<async_event>(executor_);
        waiting_for_room_.push_back(waiting);
        const bool came = co_await waiting->wait_until(deadline);
        if (!came) throw_error(errc::timeout, std::to_string(outbox_.size()) + " bytes wait to be sent");
    }
}

// ---- closing

void session::fail_link(const boost::system::error_code& why) noexcept {
    if (!broken_) broken_ = why;
    if (transport_ != nullptr) transport_->close();  // read_loop ends and does the rest
}

void session::close() noexcept {
    if (status_ == connection_status::closed) return;
    may_send_ = no_bound;
    write_now();
    finish({});
}

void session::force_reconnect() {
    if (!on_executor()) return asio::post(executor_, [self = shared_from_this()] { self->force_reconnect(); });
    if (status_ == connection_status::closed || !opts_.reconnect.enabled) return;
    pool_.all_are_due();
    forced_ = linked_;
    if (linked_)
        fail_link(errc::moved);
    else
        retry_timer_.cancel();
}

void session::close_later() noexcept {
    if (on_executor()) return close();
    try {
        asio::post(executor_, [self = shared_from_this()] { self->close(); });
    } catch (...) {
        return;  // the executor is gone, and the link with it
    }
}

}  // namespace mote::nats::detail
