#include <mote/functions/log_writer.hpp>

#include <mote/functions/detail/log_queue.hpp>
#include <mote/functions/detail/log_text.hpp>
#include <mote/nats/async_event.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

namespace mote::functions {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::size_t least_line = 128;
constexpr std::size_t longest_line = std::size_t{64} * 1024;
constexpr std::size_t longest_instance = 128;
constexpr std::size_t max_bytes_in_flight = std::size_t{2} * 1024 * 1024;  // a part of what a connection buffers
constexpr int tries_of_unknown = 5;  // of a line that fails in a way we do not know
constexpr std::chrono::milliseconds link_poll{50};
constexpr std::chrono::milliseconds first_retry{100};
constexpr std::chrono::milliseconds last_retry{2000};

enum class remedy { wait, try_again, none };

/// Whether it can succeed later, and is no fault of the line.
remedy remedy_for(const error_code& failed) {
    using namespace boost::system;
    for (const error_code why :
         {error_code(nats::errc::timeout), error_code(nats::errc::disconnected), error_code(nats::errc::no_responders),
          error_code(nats::errc::outbound_buffer_full), error_code(jetstream::errc::no_stream_response),
          error_code(jetstream::errc::stream_not_found), error_code(jetstream::errc::not_enabled),
          error_code(jetstream::errc::insufficient_resources)})
        if (failed == why) return remedy::wait;
    for (const error_code why : {error_code(nats::errc::max_payload_exceeded), error_code(nats::errc::bad_subject),
                                 error_code(nats::errc::permission_denied), error_code(jetstream::errc::bad_request)})
        if (failed == why) return remedy::none;
    return remedy::try_again;
}

error_code code_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failed) {
        return failed.code();
    } catch (...) {
        return jetstream::errc::api_error;
    }
}

asio::awaitable<void> make_stream(log_store store) { co_await log_store::open(store.js(), store.limits()); }

log_writer_options bounded(log_writer_options opts) {
    opts.max_line = std::clamp(opts.max_line, least_line, longest_line);
    opts.max_in_flight = std::max<std::size_t>(opts.max_in_flight, 1);
    return opts;
}

}  // namespace

struct log_writer::state : std::enable_shared_from_this<state> {
    state(log_store to, const log_writer_options& options)
        : store(std::move(to)),
          opts(bounded(options)),
          queue({.lines = opts.max_queued_lines, .bytes = opts.max_queued_bytes}),
          window(opts.max_in_flight),
          timer(store.js().connection().executor()),
          settled(store.js().connection().executor()) {}

    log_store store;
    log_writer_options opts;
    detail::log_queue queue;
    std::size_t window;  // how many may be in flight: one after a failure, until one is stored
    std::size_t bytes_in_flight = 0;
    log_writer_stats counts{};
    asio::steady_timer timer;  // of a pause
    nats::async_event settled;
    std::chrono::milliseconds retry{first_retry};
    bool paused = false;
    bool making_stream = false;
    bool stopping = false;
    bool ended = false;

    void append(const function_name& function, std::string_view instance, std::string_view text,
                std::chrono::system_clock::time_point time);
    void pump();
    void pause(std::chrono::nanoseconds time);
    void send(detail::outgoing_line line);
    void answered(detail::outgoing_line line, const std::exception_ptr& error);
    void failed(detail::outgoing_line line, const error_code& why);
    void make_stream_again();
    std::size_t end() noexcept;
    static asio::awaitable<std::size_t> stop(std::shared_ptr<state> self, clock::time_point deadline);
};

void log_writer::state::append(const function_name& function, std::string_view instance, std::string_view text,
                               std::chrono::system_clock::time_point time) {
    ++counts.appended;
    if (stopping || !is_function_name(function.name) || !is_function_name(function.space)) {
        ++counts.dropped;
        return;
    }
    log_line line;
    line.function = function;
    line.instance = detail::cut_text(instance, longest_instance);
    line.time = time;
    line.text = detail::log_text(text, opts.max_line);
    if (!queue.push(line)) ++counts.dropped;
    pump();
}

/// Sends what there is, as far as it may.
void log_writer::state::pump() {
    if (ended || paused) return;
    const auto& connection = store.js().connection();
    while (!paused && !queue.empty() && counts.in_flight < window && bytes_in_flight < max_bytes_in_flight) {
        const auto status = connection.status();
        if (status == nats::connection_status::closed) {
            end();
            return;
        }
        // What is given to a connection without a link is sent later, when we have given it up and sent it again.
        if (status != nats::connection_status::connected) return pause(link_poll);
        if (auto line = queue.pop()) send(std::move(*line));
    }
    if (counts.in_flight == 0 && queue.empty()) settled.set();
}

void log_writer::state::pause(std::chrono::nanoseconds time) {
    if (std::exchange(paused, true)) return;
    timer.expires_after(time);
    timer.async_wait([weak = weak_from_this()](const error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || self == nullptr) return;
        self->paused = false;
        self->pump();
    });
}

void log_writer::state::send(detail::outgoing_line line) {
    ++line.tries;
    try {
        auto ack = store.js().publish(line.subject, line.payload);
        ++counts.in_flight;
        bytes_in_flight += line.payload.size();
        asio::co_spawn(timer.get_executor(), std::move(ack),
                       [self = shared_from_this(), line = std::move(line)](const std::exception_ptr& error,
                                                                           const jetstream::publish_ack&) mutable {
                           self->answered(std::move(line), error);
                       });
    } catch (const boost::system::system_error& thrown) {
        failed(std::move(line), thrown.code());
    }
}

void log_writer::state::answered(detail::outgoing_line line, const std::exception_ptr& error) {
    --counts.in_flight;
    bytes_in_flight -= line.payload.size();
    if (ended) return;
    if (error != nullptr) {
        failed(std::move(line), code_of(error));
    } else {
        ++counts.stored;
        window = opts.max_in_flight;
        retry = first_retry;
    }
    pump();
}

void log_writer::state::failed(detail::outgoing_line line, const error_code& why) {
    counts.last_failure = why;
    const auto what = remedy_for(why);
    if (what == remedy::none || (what == remedy::try_again && line.tries >= tries_of_unknown)) {
        ++counts.dropped;
        return;
    }
    ++counts.retries;
    queue.put_back(std::move(line));
    window = 1;
    if (why == jetstream::errc::no_stream_response) make_stream_again();
    if (paused) return;
    pause(retry);
    retry = std::min(retry * 2, last_retry);
}

/// Somebody has deleted it, or the server kept it in memory. When that fails the next line to fail asks again.
void log_writer::state::make_stream_again() {
    if (std::exchange(making_stream, true)) return;
    asio::co_spawn(timer.get_executor(), make_stream(store),
                   [self = shared_from_this()](const std::exception_ptr&) { self->making_stream = false; });
}

/// Nothing is sent any more. Returns how many were not known to be stored.
std::size_t log_writer::state::end() noexcept {
    const auto left = queue.size() + counts.in_flight;
    counts.dropped += left;
    queue.clear();
    stopping = true;
    ended = true;
    timer.cancel();
    settled.set();
    return left;
}

asio::awaitable<std::size_t> log_writer::state::stop(std::shared_ptr<state> self, clock::time_point deadline) {
    if (self->ended) co_return 0;
    self->stopping = true;
    const auto is_busy = [&] { return !self->ended && (self->counts.in_flight > 0 || !self->queue.empty()); };
    while (is_busy()) {
        const bool in_time = co_await self->settled.wait_until(deadline);
        if (!in_time) break;
    }
    co_return self->end();
}

log_writer::log_writer(log_store store, log_writer_options opts)
    : state_(std::make_shared<state>(std::move(store), opts)) {}

log_writer::log_writer(log_writer&&) noexcept = default;

log_writer& log_writer::operator=(log_writer&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) state_->end();
    state_ = std::move(other.state_);
    return *this;
}

log_writer::~log_writer() {
    if (state_ != nullptr) state_->end();
}

void log_writer::append(const function_name& function, std::string_view instance, std::string_view text,
                        std::chrono::system_clock::time_point time) {
    state_->append(function, instance, text, time);
}

asio::awaitable<std::size_t> log_writer::stop(std::chrono::nanoseconds timeout) {
    return state::stop(state_, clock::now() + timeout);
}

log_writer_stats log_writer::stats() const noexcept {
    auto counts = state_->counts;
    counts.queued = state_->queue.size();
    return counts;
}

}  // namespace mote::functions
