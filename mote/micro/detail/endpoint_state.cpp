#include <mote/micro/detail/endpoint_state.hpp>

#include <mote/micro/cancel.hpp>
#include <mote/micro/detail/callers.hpp>
#include <mote/micro/detail/run_call.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/detail/stream_control.hpp>
#include <mote/micro/detail/worker_threads.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// A call that outlives the read buffer: it owns its message, keeps its endpoint and has a time of its own.
struct owning_record : call_record {
    owning_record(const nats::message_view& borrowed, std::shared_ptr<endpoint_state> endpoint_kept)
        : call_record(nullptr, nullptr), keep(std::move(endpoint_kept)), owned(borrowed), started(clock::now()) {
        message = &owned.view();
        in_place = false;
    }
    owning_record(const owning_record&) = delete;
    owning_record& operator=(const owning_record&) = delete;
    /// Ends the call here and not in the base, whose message and endpoint are gone by then.
    ~owning_record() {
        if (endpoint == nullptr) return;
        keep->add_time(clock::now() - started);
        std::exchange(endpoint, nullptr)->finish(*this);
    }

    std::shared_ptr<endpoint_state> keep;
    nats::message owned;
    clock::time_point started;
    std::shared_ptr<cancellable_calls::entry> cancellable{};  // null: its caller cannot cancel it
};

/// Each call that is not answered inline: `take_over` made it.
owning_record& owning(call_record& record) noexcept { return static_cast<owning_record&>(record); }

}  // namespace

endpoint_state::endpoint_state(endpoint_info info, std::string service, endpoint_kind kind, chain way,
                               const endpoint_options& opts, std::shared_ptr<const failure_log> log,
                               std::shared_ptr<sent_replies> replies, std::shared_ptr<cancellable_calls> cancellable)
    : info_(std::move(info)),
      service_(std::move(service)),
      kind_(kind),
      way_(std::move(way)),
      admission_(opts),
      elsewhere_(opts.executor),
      reader_timeout_(opts.reader_timeout),
      log_(std::move(log)),
      replies_(std::move(replies)),
      cancellable_(opts.cancellable ? std::move(cancellable) : nullptr) {
    if (opts.threads != 0 && !elsewhere_) {
        threads_ = std::make_shared<worker_threads>(opts.threads);
        elsewhere_ = threads_->executor();
    }
    counts_.name = info_.name;
    counts_.subject = info_.subject;
    counts_.queue_group = info_.queue_group;
}

endpoint_state::~endpoint_state() = default;

void endpoint_state::start(const nats::connection& connection) {
    nats::subscribe_options opts;
    opts.queue_group = info_.queue_group;
    const auto self = shared_from_this();
    opts.on_error = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        if (const auto endpoint = weak.lock()) endpoint->on_refused(failed, text);
    };
    if (is_inline()) opts.after_burst = [self] { self->end_burst(); };
    subscription_ = connection.subscribe(
        info_.subject, [self](const nats::message_view& message) { self->on_message(message); }, std::move(opts));
    connection_ = connection;
    streams_.reset();
    ending_ = released_ = false;
    refused_.clear();
}

/// The server knows of the subscription once the service has flushed.
asio::awaitable<void> endpoint_state::opened() { co_return; }

void endpoint_state::on_refused(const boost::system::error_code& failed, const std::string& text) {
    ++counts_.errors;
    counts_.last_error = text;
    if (failed) refused_ = text;
    report(info_.subject, text, failed.message());
}

void endpoint_state::on_denied(const std::string& text) {
    ++counts_.errors;
    counts_.last_error = text;
    if (const auto more = denials_.pass())
        report(info_.subject, text, make_error_code(nats::errc::permission_denied).message() + *more);
}

asio::awaitable<void> endpoint_state::drain(std::chrono::nanoseconds timeout) {
    return released_ ? opened() : subscription_.drain(timeout);  // there is nothing to wait for any more
}

asio::awaitable<bool> endpoint_state::wait_idle(std::chrono::steady_clock::time_point deadline) {
    const auto self = shared_from_this();
    const auto executor = co_await asio::this_coro::executor;
    const auto became_idle = idle_.add(executor);
    ending_ = true;
    while (!idle())
        if (!co_await became_idle->wait_until(deadline)) co_return idle();
    co_return true;
}

void endpoint_state::release() noexcept {
    subscription_ = nats::subscription();
    ending_ = released_ = true;
    for (auto& req : admission_.give_up()) {
        try {
            req.respond_error(status::service_unavailable, "the endpoint is stopping");
        } catch (const std::exception& error) {
            report(info_.subject, "no answer sent", error.what());
        }
    }
    if (idle()) on_idle();
}

void endpoint_state::on_idle() noexcept {
    idle_.tell();
    if (!released_) return;
    streams_.reset();
    connection_ = nats::connection();
}

// ---- the way of a request

void endpoint_state::on_message(const nats::message_view& message) {
    ++counts_.requests;
    ++counts_.in_flight;
    counts_.bytes_in += message.payload.size();
    if (!message.headers.empty()) count_caller(counts_, message.headers);
    if (is_inline()) return run_inline(message);
    admit(message);
}

void endpoint_state::on_direct_message(const nats::message_view& message) {
    if (released_) return;
    on_message(message);
    if (in_burst_ != 0) end_burst();
}

void endpoint_state::run_inline(const nats::message_view& message) {
    // Two looks at the clock a request would cost more than the rest of its way: a burst is timed as a whole.
    if (in_burst_++ == 0) burst_started_ = clock::now();
    request req(*this, message);
    try {
        next(way_, 0)(req);
    } catch (...) {
        req.call_.fail_with_current_exception();
    }
}

void endpoint_state::end_burst() {
    const auto took = clock::now() - burst_started_;
    const auto messages = std::exchange(in_burst_, 0);
    counts_.processing_time += took;
    if (load_ == nullptr) load_ = std::make_unique<load>();
    load_->add(took / static_cast<std::int64_t>(messages), messages);
}

void endpoint_state::admit(const nats::message_view& message) {
    request req(*this, message);
    try {
        switch (admission_.ask(message.payload.size())) {
            case admission::verdict::run: return start_call(std::move(req));
            case admission::verdict::wait: let_cancel(*req.call_.share()); return admission_.line_up(std::move(req));
            case admission::verdict::drop:
                ++counts_.dropped;
                req.call_.share()->status = status::caller_gone;
                return;
            case admission::verdict::reject:
                ++counts_.rejected;
                throw service_error(status::too_many_requests, "too many requests");
        }
    } catch (...) {
        req.call_.fail_with_current_exception();
    }
}

/// Has it cancelled when its caller says so, where that has told by what and the handler can be ended.
void endpoint_state::let_cancel(call_record& record) {
    const auto& headers = record.message->headers;
    if (cancellable_ == nullptr || !may_wait() || headers.empty()) return;
    auto& known = owning(record).cancellable;
    if (known != nullptr) return;  // since it was put in line
    const auto token = headers.get(cancel_token_header);
    if (token && !token->empty()) known = cancellable_->add(connection_, *token);
}

/// Has a place, which it gives back when it ends, and when it cannot even begin.
void endpoint_state::start_call(request req) noexcept {
    std::shared_ptr<call_record> record;
    try {
        record = req.call_.share();
        let_cancel(*record);
        begin_call(record, std::move(req));
    } catch (...) {
        if (record != nullptr)
            fail_with_current_exception(*record);
        else
            req.call_.fail_with_current_exception();
        admission_.ended();
    }
}

void endpoint_state::begin_call(const std::shared_ptr<call_record>& record, request req) {
    const auto self = shared_from_this();
    const auto& home = connection_.executor();
    const auto& cancellable = owning(*record).cancellable;
    auto work = run_call(way_, std::move(req));
    if (!record->deadline && cancellable == nullptr) {
        asio::co_spawn(elsewhere_ ? elsewhere_ : home, std::move(work),
                       asio::bind_executor(home, [self, record](const std::exception_ptr& failed) {
                           self->on_call_ended(*record, failed, running_call::ending::none);
                       }));
        return;
    }
    // Where several threads run handlers, nothing else of this one runs while it is cancelled.
    const asio::any_io_executor there = elsewhere_ ? asio::any_io_executor(asio::make_strand(elsewhere_)) : home;
    auto running = std::make_shared<running_call>(home, there);
    if (record->deadline) running->end_at(*record->deadline);
    if (cancellable != nullptr) cancellable->runs(running);
    const auto slot = running->slot();
    asio::co_spawn(there, std::move(work),
                   asio::bind_cancellation_slot(slot, [self = self, record = record, running = std::move(running),
                                                       home](const std::exception_ptr& failed) mutable {
                       // Moved: they are let go at home, too.
                       asio::dispatch(home,
                                      [self = std::move(self), record = std::move(record), running = std::move(running),
                                       failed] { self->on_call_ended(*record, failed, running->why()); });
                   }));
}

void endpoint_state::on_call_ended(call_record& record, const std::exception_ptr& failed,
                                   running_call::ending why) noexcept {
    if (why == running_call::ending::cancelled) {
        give_up(record, false);  // also where the handler has thrown nothing
    } else if (failed != nullptr && why == running_call::ending::expired) {
        give_up(record, true);
    } else if (failed != nullptr) {
        try {
            std::rethrow_exception(failed);
        } catch (...) {
            fail_with_current_exception(record);
        }
    }
    admission_.ended();
    start_waiting();
}

void endpoint_state::give_up(call_record& record, bool expired) noexcept {
    if (expired) ++counts_.expired;
    if (record.status == 0) record.status = status::caller_gone;
}

std::shared_ptr<stream_control> endpoint_state::streams() {
    if (streams_ == nullptr || !streams_->active()) streams_ = stream_control::open(connection_);
    return streams_;
}

void endpoint_state::start_waiting() noexcept {
    // A handler that does not wait ends within start_call, and would come here again for each of a long line.
    if (std::exchange(starting_, true)) return;
    while (auto req = admission_.next_in_line()) {
        const auto record = req->call_.share();
        if (record->deadline && *record->deadline <= clock::now()) {
            ++counts_.expired;
            record->status = status::caller_gone;
            admission_.ended();
            continue;
        }
        if (const auto& waited = owning(*record).cancellable; waited != nullptr && waited->cancelled()) {
            give_up(*record, false);
            admission_.ended();
            continue;
        }
        start_call(std::move(*req));
    }
    starting_ = false;
}

namespace {

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
    record->status = borrowed.status.load();
    record->failed = borrowed.failed.load();
    return record;
}

}  // namespace mote::micro::detail
