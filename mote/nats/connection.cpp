#include <mote/nats/connection.hpp>

#include <mote/nats/detail/run_on.hpp>
#include <mote/nats/detail/session.hpp>

#include <boost/asio/this_coro.hpp>
#include <utility>

namespace mote::nats {

namespace asio = boost::asio;

/// The last copy of a connection closes its session.
struct connection::handle {
    std::shared_ptr<detail::session> session;
    explicit handle(std::shared_ptr<detail::session> opened) : session(std::move(opened)) {}
    handle(const handle&) = delete;
    handle& operator=(const handle&) = delete;
    ~handle() { session->close_later(); }
};

asio::awaitable<connection> connection::connect(options opts) {
    const auto executor = co_await asio::this_coro::executor;
    connection opened;
    opened.handle_ = std::make_shared<handle>(std::make_shared<detail::session>(executor, std::move(opts)));
    co_await opened.handle_->session->open();
    co_return opened;
}

void connection::publish(std::string_view subject, std::string_view payload) const {
    handle_->session->publish(subject, {}, payload, nullptr);
}

void connection::publish(std::string_view subject, std::string_view payload, const nats::headers& headers) const {
    handle_->session->publish(subject, {}, payload, &headers);
}

void connection::publish(std::string_view subject, std::string_view reply, std::string_view payload,
                         const nats::headers& headers) const {
    handle_->session->publish(subject, reply, payload, &headers);
}

void connection::respond(const message_view& received, std::string_view payload, const nats::headers* headers) const {
    if (!received.reply.empty()) handle_->session->respond(received.reply, payload, headers);
}

subscription connection::subscribe(std::string_view subject, message_handler handler, subscribe_options opts) const {
    const auto& session = handle_->session;
    return detail::session::make_handle(session, session->subscribe(subject, std::move(handler), std::move(opts)));
}

subscription connection::subscribe(std::string_view subject, subscribe_options opts) const {
    return subscribe(subject, message_handler(), std::move(opts));
}

replies connection::ask(std::string_view subject, std::string_view payload, const nats::headers& headers,
                        std::size_t most) const {
    return handle_->session->ask(subject, payload, headers, most);
}

// ---- what is awaited, from any thread. The session is a parameter of these coroutines, so that it lives as long as they do.
namespace {

using detail::session;
using owner = std::shared_ptr<session>;

asio::awaitable<std::chrono::nanoseconds> rtt_of(owner session, std::chrono::nanoseconds timeout) {
    co_return co_await session->flush(timeout);
}

asio::awaitable<void> flush_of(owner session, std::chrono::nanoseconds timeout) { co_await session->flush(timeout); }

asio::awaitable<void> room_of(owner session, std::chrono::nanoseconds timeout) { co_await session->room(timeout); }

asio::awaitable<void> drain_of(owner session, std::chrono::nanoseconds timeout) { co_await session->drain(timeout); }

asio::awaitable<message> request_of(owner session, std::string subject, std::string payload, request_options opts) {
    co_return co_await session->request(subject, payload, opts);
}

asio::awaitable<std::vector<message>> request_many_of(owner session, std::string subject, std::string payload,
                                                      request_many_options opts) {
    co_return co_await session->request_many(subject, payload, opts);
}

template <class T>
asio::awaitable<T> from_anywhere(const owner& session, asio::awaitable<T> work) {
    if (session->on_executor()) return work;
    return detail::run_on(session->executor(), std::move(work));
}

}  // namespace

asio::awaitable<message> connection::request(std::string_view subject, std::string_view payload,
                                             const request_options& opts) const {
    const auto& session = handle_->session;
    if (session->on_executor()) return session->request(subject, payload, opts);
    return detail::run_on(session->executor(), request_of(session, std::string(subject), std::string(payload), opts));
}

asio::awaitable<std::vector<message>> connection::request_many(std::string_view subject, std::string_view payload,
                                                               const request_many_options& opts) const {
    const auto& session = handle_->session;
    if (session->on_executor()) return session->request_many(subject, payload, opts);
    return detail::run_on(session->executor(),
                          request_many_of(session, std::string(subject), std::string(payload), opts));
}

asio::awaitable<void> connection::flush(std::chrono::nanoseconds timeout) const {
    return from_anywhere(handle_->session, flush_of(handle_->session, timeout));
}

bool connection::has_room() const noexcept { return handle_->session->has_room(); }

asio::awaitable<void> connection::room(std::chrono::nanoseconds timeout) const {
    return from_anywhere(handle_->session, room_of(handle_->session, timeout));
}

asio::awaitable<std::chrono::nanoseconds> connection::rtt(std::chrono::nanoseconds timeout) const {
    return from_anywhere(handle_->session, rtt_of(handle_->session, timeout));
}

asio::awaitable<void> connection::drain(std::chrono::nanoseconds timeout) const {
    return from_anywhere(handle_->session, drain_of(handle_->session, timeout));
}

void connection::force_reconnect() const { handle_->session->force_reconnect(); }

void connection::close() const noexcept {
    if (handle_ != nullptr) handle_->session->close_later();
}

connection_status connection::status() const noexcept { return handle_->session->status(); }

connection_stats connection::stats() const noexcept { return handle_->session->stats(); }

const server_info& connection::server() const noexcept { return handle_->session->info(); }

std::string connection::connected_server() const { return handle_->session->connected_server(); }

std::vector<known_server> connection::servers() const { return handle_->session->servers(); }

const jetstream_location& connection::jetstream() const noexcept { return handle_->session->opts().jetstream; }

bool connection::may_have_jetstream() const {
    return !jetstream().domain.empty() || !jetstream().api_prefix.empty() || server().jetstream;
}

std::chrono::nanoseconds connection::request_timeout() const noexcept {
    return handle_->session->opts().request_timeout;
}

event_watch connection::watch_events(std::function<void(const connection_event&)> watcher) const {
    return handle_->session->watch_events(std::move(watcher));
}

std::string connection::new_inbox() const { return handle_->session->new_inbox(); }

asio::any_io_executor connection::executor() const { return handle_->session->executor(); }

bool connection::on_executor() const noexcept { return handle_->session->on_executor(); }

}  // namespace mote::nats
