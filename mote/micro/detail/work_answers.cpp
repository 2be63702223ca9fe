#include <mote/micro/detail/work_state.hpp>

#include <mote/micro/detail/status.hpp>
#include <mote/micro/detail/work_job.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mote::micro::detail {
// ---- what handlers do with a request

/// Nobody waits for an answer.
void work_state::respond(call_record& record, std::string_view, const nats::headers*) {
    if (record.status == 0) record.status = status::ok;
}

/// Middleware that refuses, on whatever thread: the message is tried again, and `settle` counts it.
void work_state::respond_error(call_record& record, int status, std::string_view description, std::string_view,
                               const nats::headers&) {
    if (record.status == 0) record.status = status;
    if (record.failed) return;
    static_cast<job&>(record).refusal = std::to_string(status) + ":" + std::string(description);
    record.failed = true;
}

std::shared_ptr<call_record> work_state::take_over(call_record&) {
    throw std::logic_error("the call of a work endpoint owns its message from the start");
}

void work_state::report(std::string error, std::string cause) const noexcept {
    log_->report({info_.name, info_.subject, std::move(error), std::move(cause)});
}

void work_state::on_denied(const std::string& text) {
    ++counts_.errors;
    counts_.last_error = text;
    if (const auto more = denials_.pass())
        report(text, make_error_code(nats::errc::permission_denied).message() + *more);
}

/// "$JS.ACK.<stream>.<consumer>.…", in newer servers with domain and account before the stream.
bool work_state::settles_on(std::string_view subject) const {
    return subject.find("." + opts_.stream + "." + consumer_ + ".") != std::string_view::npos;
}

// ---- statistics

endpoint_stats work_state::stats() const {
    auto stats = counts_;
    // What is being buried again is in flight, and was counted before, perhaps before a reset.
    const auto done = stats.requests - std::min(stats.requests, stats.in_flight);
    if (done != 0) stats.average_processing_time = stats.processing_time / static_cast<std::int64_t>(done);
    // What waits for others of its key, or for its turn.
    const auto lined_up = lines_.all().size();
    stats.waiting = opts_.order ? lined_up - std::min<std::size_t>(stats.in_flight, lined_up) : waiting_.size();
    stats.in_flight += stats.waiting;
    stats.latency.p50 = load_.latencies.percentile(50);
    stats.latency.p90 = load_.latencies.percentile(90);
    stats.latency.p99 = load_.latencies.percentile(99);
    stats.latency.max = load_.longest;
    return stats;
}

void work_state::reset() {
    const auto in_flight = counts_.in_flight;
    const auto pending = counts_.pending;
    counts_ = endpoint_stats();
    counts_.name = info_.name;
    counts_.subject = info_.subject;
    counts_.requests = counts_.in_flight = in_flight;
    counts_.pending = pending;
    load_ = load();
}

}  // namespace mote::micro::detail
