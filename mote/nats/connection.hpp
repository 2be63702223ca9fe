#pragma once

#include <mote/nats/error.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/message.hpp>
#include <mote/nats/options.hpp>
#include <mote/nats/replies.hpp>
#include <mote/nats/subscription.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats {

enum class connection_status { connecting, connected, reconnecting, draining, closed };

/// Counted since the connection was made, over reconnects.
struct connection_stats {
    std::uint64_t in_messages = 0;
    std::uint64_t in_bytes = 0;  ///< payload and headers
    std::uint64_t out_messages = 0;
    std::uint64_t out_bytes = 0;  ///< payload and headers
    std::uint64_t reconnects = 0;
    std::uint64_t dropped = 0;     ///< by slow consumers, all subscriptions
    std::size_t unsent_bytes = 0;  ///< that wait to be written now, see options::max_outbound_bytes
};

/// What the server said of itself, newest INFO.
struct server_info {
    std::string server_id{};
    std::string server_name{};
    std::string version{};
    int protocol = 0;  ///< of clients; 0 of servers before 1.2, which send all that is published back
    std::string host{};
    std::uint16_t port = 0;
    std::uint64_t client_id = 0;
    std::string client_ip{};  ///< our address as the server sees it; empty where it does not say
    std::size_t max_payload = 1024 * 1024;
    bool headers = false;
    bool jetstream = false;
    bool auth_required = false;
    bool tls_required = false;
    bool tls_available = false;
    bool lame_duck = false;
    int api_level = 0;
    std::string cluster{};
    std::string domain{};         ///< of its JetStream; empty: it has none, or does not say it
    std::string account{};        ///< `remote_account`: that of this connection; empty where the server does not say it
    bool system_account = false;  ///< whether that is the system account; false where the server does not say it
    std::string nonce{};
    std::vector<std::string> connect_urls{};
};

struct request_options {
    std::chrono::nanoseconds timeout{0};  ///< 0: options::request_timeout
    nats::headers headers{};
};

/// Keeps a watcher of events: see `connection::watch_events`.
using event_watch = std::shared_ptr<const std::function<void(const connection_event&)>>;

struct request_many_options {
    std::size_t max_messages = 0;         ///< stop after so many replies; 0: no bound
    std::chrono::nanoseconds stall{0};    ///< stop when no reply came for so long after the first; 0: off
    std::chrono::nanoseconds timeout{0};  ///< stop in any case; 0: options::request_timeout
    nats::headers headers{};
};

/// A connection to a NATS server or cluster. It reconnects by itself and makes its subscriptions again.
///
///     auto nc = co_await mote::nats::connection::connect({.name = "orders"});   // name the options first: see docs/traps.md
///     nc.publish("orders.new", "42");
///     auto reply = co_await nc.request("orders.price", "42");
///
/// Threads: one serial executor a connection (an `io_context` run by one thread, or a strand): that of the coroutine that
/// called `connect`. `publish`, `respond`, `room`, `request`, `request_many`, `flush`, `rtt`, `drain`, `force_reconnect` and
/// `close` may be called from any thread (from another one than the executor's they copy and post in; what is awaited goes on where
/// it was awaited), `status` too, and handles may be copied and destroyed anywhere. All else is to be called on the executor,
/// and all handlers and events run there. For programs without coroutines: `blocking.hpp`.
///
/// A handle: copies share the connection, which is closed when the last one goes. `drain` or `flush` first to lose nothing.
class connection {
public:
    connection() = default;

    /// Connects to the first server of the list that answers. Throws `errc::bad_url` or `errc::bad_subject` for such
    /// options, `errc::connect_failed`, `errc::auth_failed` or `errc::not_supported` with what each server said. With
    /// `retry_on_first_connect` it waits for a server instead.
    static boost::asio::awaitable<connection> connect(options opts = options());

    /// Queues a message; it leaves with the next write. Throws `errc::bad_subject`, `errc::max_payload_exceeded`,
    /// `errc::outbound_buffer_full`, `errc::closed`, `errc::headers_not_supported`. From a thread other than the
    /// executor's the last four are reported as an `error` event (`outbound_buffer_full` is thrown there too, when too much
    /// waits to be posted in). While reconnecting it is buffered within the bound.
    void publish(std::string_view subject, std::string_view payload) const;
    void publish(std::string_view subject, std::string_view payload, const headers& headers) const;
    void publish(std::string_view subject, std::string_view reply, std::string_view payload,
                 const headers& headers) const;

    /// Whether the server keeps up with what is published: at most 256 KiB wait to be written, or a quarter of
    /// options::max_outbound_bytes where that is less. `publish` takes messages past it, too, up to that bound.
    bool has_room() const noexcept;
    /// Returns when there is room, at once if there is: for programs that publish much, as
    ///
    ///     if (!nc.has_room()) co_await nc.room();
    ///     nc.publish("orders.new", order);
    ///
    /// It goes with the pace of the socket, where a `flush` now and then would wait for the server while that has nothing to
    /// do. Waits over a reconnect. Throws `errc::timeout`, `errc::closed`. 0: request_timeout.
    boost::asio::awaitable<void> room(std::chrono::nanoseconds timeout = {}) const;

    /// Answers a message that was received on this connection: as publishing to its reply subject, which is not checked
    /// again. Does nothing when the message has none.
    void respond(const message_view& received, std::string_view payload, const headers* headers = nullptr) const;

    /// Subscribes with a handler that runs inline for each message. Throws `errc::bad_subject`, `errc::bad_queue_group`,
    /// `errc::closed` (also while draining). The handler is destroyed when the subscription has ended. The server knows of
    /// it after a `flush`.
    [[nodiscard]] subscription subscribe(std::string_view subject, message_handler handler,
                                         subscribe_options opts = subscribe_options()) const;
    /// Subscribes with a bounded queue to be read by `subscription::next`.
    [[nodiscard]] subscription subscribe(std::string_view subject, subscribe_options opts = subscribe_options()) const;

    /// Sends a request at once (the arguments may end with the call) and waits for the first reply. One that a server brings
    /// under another subject than it was sent to (the mapping of an import, `CONSUMER.MSG.NEXT` of JetStream) does not say to
    /// which request it belongs: it is that of the only one there is, and dropped where there are several, or where one of
    /// them ended without an answer while another waited. The next request after one that nobody answered has a new inbox.
    /// Throws `errc::timeout`, `errc::no_responders` at once when nobody listens, `errc::permission_denied`, and what
    /// `publish` throws.
    boost::asio::awaitable<message> request(std::string_view subject, std::string_view payload,
                                            const request_options& opts = request_options()) const;
    /// Sends a request and collects replies until the count, the stall or the deadline; none is an empty vector.
    /// Throws `errc::no_responders` when nobody listens, `errc::permission_denied`, and what `publish` throws.
    boost::asio::awaitable<std::vector<message>> request_many(
        std::string_view subject, std::string_view payload,
        const request_many_options& opts = request_many_options()) const;

    /// Sends a request at once and returns what its replies come to, of which `most` may wait to be taken; further ones are
    /// dropped and counted. Throws what `publish` throws.
    [[nodiscard]] replies ask(std::string_view subject, std::string_view payload,
                              const headers& headers = nats::headers(), std::size_t most = 65'536) const;

    /// Returns when the server has processed all that was queued before (its PONG proves it).
    /// Throws `errc::timeout`, `errc::disconnected` when the link dies meanwhile, `errc::closed`. 0: request_timeout.
    boost::asio::awaitable<void> flush(std::chrono::nanoseconds timeout = {}) const;
    /// The time of one PING and its PONG. Throws as `flush`.
    boost::asio::awaitable<std::chrono::nanoseconds> rtt(std::chrono::nanoseconds timeout = {}) const;
    /// Ends all subscriptions, waits until what they had received is handled, sends what is queued (over a reconnect, if
    /// need be), closes. No new subscriptions meanwhile. Throws `errc::closed` when it is closed or draining already,
    /// `errc::timeout` after options::drain_timeout (or `timeout`); the connection is closed even then.
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout = {}) const;
    /// Gives the link up and goes to another server, if there is one, at once: for one that is slow, or to spread clients
    /// anew. As when the link dies by itself, with `errc::moved` as the reason; `flush` first to lose nothing that was
    /// published. Tries at once too where a server is being waited for. Does nothing where reconnecting is switched off.
    void force_reconnect() const;
    /// Closes now. Whoever waits gets `errc::closed`. What is queued is written only as far as the socket takes it at once.
    void close() const noexcept;

    /// From any thread.
    connection_status status() const noexcept;
    connection_stats stats() const noexcept;
    const server_info& server() const noexcept;
    /// "host:port" of the server that this is connected to, or tried last.
    std::string connected_server() const;
    /// Those that it may go to: of the options, and discovered ones. The one in use is the first.
    std::vector<known_server> servers() const;
    /// options::jetstream. From any thread.
    const jetstream_location& jetstream() const noexcept;
    /// The server has JetStream, or options::jetstream says that another one has it. On the executor.
    bool may_have_jetstream() const;
    /// How long a request waits that names no time-out (options::request_timeout). From any thread.
    std::chrono::nanoseconds request_timeout() const noexcept;
    /// Calls `watcher` for each event, after options::on_event, until what comes back is destroyed: for parts of a program
    /// that did not make the connection. On the executor; it must not throw.
    [[nodiscard]] event_watch watch_events(std::function<void(const connection_event&)> watcher) const;
    /// A new unique subject that replies can be sent to.
    std::string new_inbox() const;
    boost::asio::any_io_executor executor() const;
    /// True on the thread that runs the executor now, where everything but `publish` and `respond` belongs.
    bool on_executor() const noexcept;
    /// False for a default-constructed handle.
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    struct handle;
    std::shared_ptr<handle> handle_;
};

}  // namespace mote::nats
