#include <mote/micro/detail/endpoint_state.hpp>

#include <mote/micro/detail/error_headers.hpp>
#include <mote/micro/detail/status.hpp>

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

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
    for (const auto& [name, value] : extra) result.add(name, value);
    return result;
}

}  // namespace

/// Answers are given on any thread, counts are kept on the executor, where a call is whose message was not moved.
template <class Change>
void endpoint_state::change_counts(const call_record& record, Change change) {
    if (record.in_place || connection_.on_executor()) return change(*this);
    asio::post(connection_.executor(),
               [self = shared_from_this(), change = std::move(change)]() mutable { change(*self); });
}

void endpoint_state::respond(call_record& record, std::string_view payload, const nats::headers* headers) {
    if (!record.message->reply.empty()) {
        const auto print = sent_replies::print_of(record.message->reply);
        // First, for the server's refusal may be back before another thread comes to its next line.
        change_counts(record, [size = payload.size(), print](endpoint_state& self) {
            self.counts_.bytes_out += size;
            self.replies_->note(print, &self);
        });
        try {
            connection_.respond(*record.message, payload, headers);
        } catch (...) {
            change_counts(record, [size = payload.size()](endpoint_state& self) { self.counts_.bytes_out -= size; });
            throw;
        }
    } else if (!is_event()) {
        change_counts(record, [](endpoint_state& self) { ++self.counts_.unanswered; });
    }
    if (record.status.load(std::memory_order_relaxed) == 0) record.status.store(status::ok, std::memory_order_relaxed);
}

void endpoint_state::respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                                   const nats::headers& headers) {
    if (!is_status(status)) throw std::invalid_argument("a service error's status is 100 to 999");
    if (description.empty()) throw std::invalid_argument("a service error needs a description");
    const auto all = error_headers(status, description, headers);
    const bool first = record.status == 0;
    respond(record, data, &all);
    if (first) record.status = status;
    count_error(record, error_text(status, description));
}

void endpoint_state::count_error(call_record& record, std::string text) {
    const std::uint64_t more = record.failed.exchange(true) ? 0 : 1;
    change_counts(record, [more, text = std::move(text)](endpoint_state& self) mutable {
        self.counts_.errors += more;
        self.counts_.last_error = std::move(text);
    });
}

void endpoint_state::respond_in_stream(call_record& record, std::string_view control, std::string_view payload,
                                       const nats::headers& headers) {
    if (control.empty()) return respond(record, payload, &headers);
    connection_.publish(record.message->reply, control, payload, headers);
    replies_->note(sent_replies::print_of(record.message->reply), this);
    counts_.bytes_out += payload.size();
    record.status = status::ok;
}

void endpoint_state::fail_with_current_exception(call_record& record) noexcept {
    fail_with_current_exception(record, nats::headers());
}

void endpoint_state::fail_with_current_exception(call_record& record, const nats::headers& headers) noexcept {
    try {
        try {
            throw;
        } catch (const service_error& error) {
            respond_error(record, error.status(), error.description(), error.data(), headers);
        }
    } catch (const std::exception& error) {
        fail_with(record, error.what(), headers);
    } catch (...) {
        fail_with(record, "not a std::exception", headers);
    }
}

/// For what is nobody's business but the log's: the caller gets a general text.
void endpoint_state::fail_with(call_record& record, const char* cause, const nats::headers& headers) noexcept {
    try {
        auto text = error_text(status::internal_server_error, internal_error);
        report(record.message->subject, text, cause);
        count_error(record, std::move(text));
        respond_error(record, status::internal_server_error, internal_error, {}, headers);
    } catch (const std::exception& error) {
        // The connection is closed, or its buffer is full.
        report(record.message->subject, "no answer sent", error.what());
    }
}

void endpoint_state::finish(call_record& record) noexcept {
    try {
        const bool open = record.status.load(std::memory_order_relaxed) == 0 && !record.message->reply.empty();
        if (open && is_event()) {
            connection_.respond(*record.message, {});
            replies_->note(sent_replies::print_of(record.message->reply), this);
        } else if (open && !record.failed) {
            respond_error(record, status::internal_server_error, "no response", {}, {});
        }
    } catch (const std::exception& error) {
        report(record.message->subject, "no answer sent", error.what());
    }
    if (--counts_.in_flight == 0 && ending_) on_idle();
}

void endpoint_state::report(std::string_view subject, std::string error, std::string cause) const noexcept {
    log_->report({info_.name, std::string(subject), std::move(error), std::move(cause)});
}

// ---- statistics

void endpoint_state::add_time(std::chrono::nanoseconds time) noexcept {
    counts_.processing_time += time;
    try {
        if (load_ == nullptr) load_ = std::make_unique<load>();
        load_->add(time);
    } catch (const std::bad_alloc&) {
        return;  // statistics are not worth a failed request
    }
}

endpoint_stats endpoint_state::stats() const {
    auto stats = counts_;
    const auto done = stats.requests - stats.in_flight;
    if (done != 0) stats.average_processing_time = stats.processing_time / static_cast<std::int64_t>(done);
    stats.waiting = admission_.waiting();
    if (load_ != nullptr) {
        stats.latency.p50 = load_->latencies.percentile(50);
        stats.latency.p90 = load_->latencies.percentile(90);
        stats.latency.p99 = load_->latencies.percentile(99);
        stats.latency.max = load_->longest;
    }
    return stats;
}

void endpoint_state::reset() {
    const auto in_flight = counts_.in_flight;
    counts_ = endpoint_stats();
    counts_.name = info_.name;
    counts_.subject = info_.subject;
    counts_.queue_group = info_.queue_group;
    counts_.requests = counts_.in_flight = in_flight;
    load_.reset();
}

}  // namespace mote::micro::detail
