#include <mote/micro/detail/call.hpp>

#include <mote/micro/detail/endpoint_state.hpp>

namespace mote::micro::detail {

call_record::~call_record() {
    if (endpoint != nullptr) endpoint->finish(*this);
}

const nats::message_view& call::message() const noexcept {
    static const nats::message_view none;
    return shared_ ? *shared_->message : borrowed_ ? *borrowed_->message : none;
}

void call::respond(std::string_view payload, const nats::headers* headers) {
    if (auto* const current = record()) current->endpoint->respond(*current, payload, headers);
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
        shared_ = borrowed_->endpoint->take_over(*borrowed_);
        borrowed_.reset();
    }
    return shared_;
}

}  // namespace mote::micro::detail
