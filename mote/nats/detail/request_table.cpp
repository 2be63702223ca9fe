#include <mote/nats/detail/request_table.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mote::nats::detail {

bool pending_request::keep(const message_view& view) {
    if (later.size() - taken >= most) return false;
    later.emplace_back(view);
    done.set();
    return true;
}

std::optional<message> pending_request::take() {
    std::optional<message> next;
    if (taken == later.size()) return next;
    next.emplace(std::move(later[taken]));
    if (++taken == later.size()) {
        later.clear();
        taken = 0;
    } else if (taken * 2 > later.size()) {
        later.erase(later.begin(), later.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken, 0)));
    }
    return next;
}

request_table::ticket request_table::open(const boost::asio::any_io_executor& executor, std::string_view subject) {
    if (free_.empty()) {
        if (slots_.size() == max_requests) throw_error(errc::outbound_buffer_full, "too many requests at once");
        free_.push_back(slots_.size());
        slots_.push_back(std::make_unique<pending_request>(executor));
    }
    const auto index = free_.back();
    free_.pop_back();
    auto& request = *slots_[index];
    request.subject.assign(subject);
    request.failure = {};
    request.done.reset();
    request.waiting = true;
    request.deadline = pending_request::time_point::max();
    request.most = 0;
    request.over = false;
    return {index, ++request.generation};
}

void request_table::close(const ticket& opened) {
    auto& request = at(opened);
    request.waiting = false;
    request.reply = message();
    request.later.clear();
    request.taken = 0;
    free_.push_back(opened.slot);
}

void request_table::append_token(const ticket& opened, std::string& out) {
    char digits[24];
    const auto number = (static_cast<std::uint64_t>(opened.generation) << 20) | opened.slot;
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

pending_request* request_table::find(std::string_view token) noexcept {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (failed != std::errc() || end != token.data() + token.size()) return nullptr;
    const auto index = static_cast<std::size_t>(number & (max_requests - 1));
    if (index >= slots_.size()) return nullptr;
    auto& request = *slots_[index];
    return request.waiting && request.generation == (number >> 20) ? &request : nullptr;
}

void request_table::fail_all(const boost::system::error_code& failure) {
    for (const auto& request : slots_) {
        if (!request->waiting) continue;
        if (request->most == 0 && request->done.is_set()) continue;  // what is answered stays answered
        request->failure = failure;
        request->done.set();
    }
}

bool request_table::fail_subject(std::string_view subject, const boost::system::error_code& failure) {
    bool found = false;
    for (const auto& request : slots_) {
        if (!request->waiting || request->subject != subject) continue;
        if (request->most == 0 && request->done.is_set()) continue;
        request->failure = failure;
        request->done.set();
        found = true;
    }
    return found;
}

pending_request::time_point request_table::expire(pending_request::time_point now) {
    auto next = pending_request::time_point::max();
    for (const auto& request : slots_) {
        if (!request->waiting || request->done.is_set()) continue;
        if (request->deadline > now) {
            next = std::min(next, request->deadline);
            continue;
        }
        request->failure = errc::timeout;
        request->done.set();
    }
    return next;
}

}  // namespace mote::nats::detail
