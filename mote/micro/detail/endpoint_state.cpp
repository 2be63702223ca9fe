#include <mote/micro/detail/endpoint_state.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::string_view error_header = "Nats-Service-Error";
constexpr std::string_view error_code_header = "Nats-Service-Error-Code";
constexpr int status_internal = 500;
constexpr int status_too_many = 429;
constexpr std::string_view internal_error = "internal error";

bool is_status(int status) { return status >= 100 && status <= 999; }

std::string error_text(int status, std::string_view description) {
    return std::to_string(status) + ":" + std::string(description);
}

/// The reply's headers: those of the caller win over the standard ones of the same name.
nats::headers error_headers(int status, std::string_view description, const nats::headers& extra) {
    nats::headers result;
    result.add(error_header, description);
    result.add(error_code_header, std::to_string(status));
    if (extra.get(error_header)) result.remove(error_header);
    if (extra.get(error_code_header)) result.remove(error_code_header);
    for (const auto& [name, value] : extra.fields()) result.add(name, value);
    return result;
}

/// The call's record is kept until the handler has ended, so that what it throws can still be answered. The handler is
/// kept by the record's endpoint.
template <class Call, class Handler>
asio::awaitable<void> run_handler(std::shared_ptr<call_record> record, const Handler* handler, Call call) {
    try {
        co_await (*handler)(std::move(call));
    } catch (...) {
        record->endpoint->fail_with_current_exception(*record);
    }
}

}  // namespace

endpoint_state::endpoint_state(endpoint_info info, detail::any_handler handler, std::size_t max_in_flight,
                               std::shared_ptr<const failure_log> log)
    : info_(std::move(info)), handler_(std::move(handler)), max_in_flight_(max_in_flight), log_(std::move(log)) {
    counts_.name = info_.name;
    counts_.subject = info_.subject;
    counts_.queue_group = info_.queue_group;
}

void endpoint_state::start(const nats::connection& connection) {
    nats::subscribe_options opts;
    opts.queue_group = info_.queue_group;
    const auto self = shared_from_this();
    opts.on_error = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        const auto endpoint = weak.lock();
        if (endpoint == nullptr) return;
        ++endpoint->counts_.errors;
        endpoint->counts_.last_error = text;
        endpoint->report(endpoint->info_.subject, text, failed.message());
    };
    if (is_inline()) opts.after_burst = [self] { self->end_burst(); };
    subscription_ = connection.subscribe(
        info_.subject, [self](const nats::message_view& message) { self->on_message(message); }, std::move(opts));
    connection_ = connection;
    ending_ = released_ = false;
}

asio::awaitable<bool> endpoint_state::wait_idle(std::chrono::steady_clock::time_point deadline) {
    const auto self = shared_from_this();
    const auto became_idle = std::make_shared<nats::async_event>(co_await asio::this_coro::executor);
    idle_ = became_idle;
    ending_ = true;
    while (!idle())
        if (!co_await became_idle->wait_until(deadline)) co_return idle();
    co_return true;
}

void endpoint_state::release() noexcept {
    subscription_ = nats::subscription();
    ending_ = released_ = true;
    if (idle()) on_idle();
}

void endpoint_state::on_idle() noexcept {
    if (const auto waiting = idle_.lock()) waiting->set();
    if (released_) connection_ = nats::connection();
}

// ---- the way of a request

void endpoint_state::on_message(const nats::message_view& message) {
    ++counts_.requests;
    ++counts_.in_flight;
    switch (handler_.index()) {
        case 0: return run_inline<request>(message, *std::get_if<0>(&handler_));
        case 1: return run_coroutine<request>(message, *std::get_if<1>(&handler_));
        case 2: return run_inline<event>(message, *std::get_if<2>(&handler_));
        case 3: return run_coroutine<event>(message, *std::get_if<3>(&handler_));
        default: return;
    }
}

template <class Call, class Handler>
void endpoint_state::run_inline(const nats::message_view& message, const Handler& handler) {
    // Two looks at the clock a request would cost more than the rest of its way: a burst is timed as a whole.
    if (!std::exchange(in_burst_, true)) burst_started_ = clock::now();
    Call call(*this, message);
    try {
        handler(call);
    } catch (...) {
        call.call_.fail_with_current_exception();
    }
}

template <class Call, class Handler>
void endpoint_state::run_coroutine(const nats::message_view& message, const Handler& handler) {
    Call call(*this, message);
    try {
        if (counts_.in_flight > max_in_flight_) throw service_error(status_too_many, "too many requests");
        auto record = call.call_.share();
        asio::co_spawn(connection_.executor(), run_handler<Call, Handler>(record, &handler, std::move(call)),
                       [record](const std::exception_ptr&) {});
    } catch (...) {
        call.call_.fail_with_current_exception();
    }
}

void endpoint_state::end_burst() {
    in_burst_ = false;
    counts_.processing_time += clock::now() - burst_started_;
}

/// Answers are given on any thread, counts are kept on the executor.
template <class Change>
void endpoint_state::change_counts(Change change) {
    if (connection_.on_executor()) return change(counts_);
    asio::post(connection_.executor(),
               [self = shared_from_this(), change = std::move(change)]() mutable { change(self->counts_); });
}

void endpoint_state::respond(call_record& record, std::string_view payload, const nats::headers* headers) {
    if (!record.message->reply.empty()) {
        connection_.respond(*record.message, payload, headers);
    } else if (!is_event()) {
        change_counts([](endpoint_stats& counts) { ++counts.unanswered; });
    }
    record.answered.store(true, std::memory_order_relaxed);
}

void endpoint_state::respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                                   const nats::headers& headers) {
    if (!is_status(status)) throw std::invalid_argument("a service error's status is 100 to 999");
    if (description.empty()) throw std::invalid_argument("a service error needs a description");
    const auto all = error_headers(status, description, headers);
    respond(record, data, &all);
    count_error(record, error_text(status, description));
}

void endpoint_state::count_error(call_record& record, std::string text) {
    const std::uint64_t more = record.failed.exchange(true) ? 0 : 1;
    change_counts([more, text = std::move(text)](endpoint_stats& counts) mutable {
        counts.errors += more;
        counts.last_error = std::move(text);
    });
}

void endpoint_state::fail_with_current_exception(call_record& record) noexcept {
    try {
        try {
            throw;
        } catch (const service_error& error) {
            respond_error(record, error.status(), error.description(), error.data(), {});
        }
    } catch (const std::exception& error) {
        fail_with(record, error.what());
    } catch (...) {
        fail_with(record, "not a std::exception");
    }
}

/// For what is nobody's business but the log's: the caller gets a general text.
void endpoint_state::fail_with(call_record& record, const char* cause) noexcept {
    try {
        auto text = error_text(status_internal, internal_error);
        report(record.message->subject, text, cause);
        count_error(record, std::move(text));
        respond_error(record, status_internal, internal_error, {}, {});
    } catch (const std::exception& error) {
        // The connection is closed, or its buffer is full.
        report(record.message->subject, "no answer sent", error.what());
    }
}

void endpoint_state::finish(call_record& record) noexcept {
    try {
        const bool open = !record.answered.load(std::memory_order_relaxed) && !record.message->reply.empty();
        if (open && is_event()) {
            connection_.respond(*record.message, {});
        } else if (open && !record.failed) {
            respond_error(record, status_internal, "no response", {}, {});
        }
    } catch (const std::exception& error) {
        report(record.message->subject, "no answer sent", error.what());
    }
    if (--counts_.in_flight == 0 && ending_) on_idle();
}

namespace {

/// A call that outlives the read buffer: it owns its message, keeps its endpoint and has a time of its own.
struct owning_record : call_record {
    owning_record(const nats::message_view& borrowed, std::shared_ptr<endpoint_state> endpoint_kept)
        : call_record(nullptr, nullptr), keep(std::move(endpoint_kept)), owned(borrowed), started(clock::now()) {
        message = &owned.view();
    }
    owning_record(const owning_record&) = delete;
    owning_record& operator=(const owning_record&) = delete;
    /// Ends the call here and not in the base, whose message and endpoint are gone by then.
    ~owning_record() {
        if (endpoint == nullptr) return;
        endpoint->add_time(clock::now() - started);
        std::exchange(endpoint, nullptr)->finish(*this);
    }

    std::shared_ptr<endpoint_state> keep;
    nats::message owned;
    clock::time_point started;
};

/// A request may be kept and dropped on any thread, but it ends on the executor, where the counters are.
void end_on_executor(std::unique_ptr<owning_record> record, const nats::connection& connection) {
    if (connection.on_executor()) return;
    asio::post(connection.executor(), [record = std::move(record)] {});
}

}  // namespace

std::shared_ptr<call_record> endpoint_state::take_over(call_record& borrowed) {
    std::shared_ptr<owning_record> record(new owning_record(*borrowed.message, shared_from_this()),
                                          [connection = connection_](owning_record* ended) {
                                              end_on_executor(std::unique_ptr<owning_record>(ended), connection);
                                          });
    // The call changes hands only now, when nothing can fail any more.
    record->endpoint = std::exchange(borrowed.endpoint, nullptr);
    record->answered = borrowed.answered.load();
    record->failed = borrowed.failed.load();
    return record;
}

void endpoint_state::report(std::string_view subject, std::string error, std::string cause) const noexcept {
    log_->report({info_.name, std::string(subject), std::move(error), std::move(cause)});
}

// ---- statistics

endpoint_stats endpoint_state::stats() const {
    auto stats = counts_;
    const auto done = stats.requests - stats.in_flight;
    if (done != 0) stats.average_processing_time = stats.processing_time / static_cast<std::int64_t>(done);
    return stats;
}

void endpoint_state::reset() {
    const auto in_flight = counts_.in_flight;
    counts_ = endpoint_stats();
    counts_.name = info_.name;
    counts_.subject = info_.subject;
    counts_.queue_group = info_.queue_group;
    counts_.requests = counts_.in_flight = in_flight;
}

}  // namespace mote::micro::detail
