#include <mote/micro/detail/call.hpp>

#include <mote/micro/deadline.hpp>
#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/info.hpp>

namespace mote::micro::detail {

void call_record::end_notes() const { notes->end(status, failed); }

const endpoint_info& call::endpoint() const noexcept {
    static const endpoint_info none;
    const auto* const current = record();
    return current != nullptr ? current->endpoint->info() : none;
}

const std::string& call::service() const noexcept {
    static const std::string none;
    const auto* const current = record();
    return current != nullptr ? current->endpoint->service() : none;
}

std::optional<std::chrono::steady_clock::time_point> call::deadline() const noexcept {
    if (shared_) return shared_->deadline;
    if (!borrowed_) return std::nullopt;
    if (!std::exchange(borrowed_->deadline_known, true))
        if (const auto left = deadline_in(borrowed_->message->headers))
            borrowed_->deadline = std::chrono::steady_clock::now() + *left;
    return borrowed_->deadline;
}

int call::status() const noexcept {
    const auto* const current = record();
    return current != nullptr ? current->status.load(std::memory_order_relaxed) : 0;
}

void call::note_answer(const call_record& record, std::string_view payload, const nats::headers* headers) {
    record.notes->answered(payload, headers);
}

void call::respond_error(int status, std::string_view description, std::string_view data,
                         const nats::headers& headers) {
    if (auto* const current = record()) current->endpoint->respond_error(*current, status, description, data, headers);
}

void call::fail_with_current_exception() noexcept {
    if (auto* const current = record()) current->endpoint->fail_with_current_exception(*current);
}

std::shared_ptr<call_record> call::share() {
    if (borrowed_) {
        const auto due = deadline();
        shared_ = borrowed_->endpoint->take_over(*borrowed_);
        shared_->deadline = due;
        shared_->notes = std::move(borrowed_->notes);
        borrowed_.reset();
    }
    return shared_;
}

}  // namespace mote::micro::detail
