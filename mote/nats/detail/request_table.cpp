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

bool pending_request::is_taken_at_once(const message_view& reply) {
    auto* const who = std::exchange(first, nullptr);
    if (who == nullptr) return false;
    deadline = time_point::max();  // who waits for more says how long
    return who->on_first_reply(&reply);
}

void pending_request::fail(const boost::system::error_code& why) {
    failure = why;
    done.set();
    if (auto* const who = std::exchange(first, nullptr)) who->on_first_reply(nullptr);
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
    request.answered = false;
    request.deadline = pending_request::time_point::max();
    request.most = 0;
    request.over = false;
    request.first = nullptr;
    return {index, ++request.generation};
}

void request_table::close(const ticket& opened) {
    auto& request = at(opened);
    const bool was_refused = request.failure && request.failure != errc::timeout;
    if (!request.answered && !was_refused) late_ = true;
    request.waiting = false;
    request.reply = message();
    request.later.clear();
    request.taken = 0;
    request.first = nullptr;
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

pending_request* request_table::only_one() noexcept {
    if (late_ || slots_.size() - free_.size() != 1) return nullptr;
    const auto found = std::ranges::find_if(slots_, [](const auto& each) { return each->waiting; });
    return found == slots_.end() ? nullptr : found->get();
}

void request_table::fail_all(const boost::system::error_code& failure) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {  // a first handler may open requests
        auto& request = *slots_[i];
        if (!request.waiting) continue;
        if (request.most == 0 && request.done.is_set()) continue;  // what is answered stays answered
        request.fail(failure);
    }
}

bool request_table::fail_subject(std::string_view subject, const boost::system::error_code& failure) {
    bool found = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        auto& request = *slots_[i];
        if (!request.waiting || request.subject != subject) continue;
        if (request.most == 0 && request.done.is_set()) continue;
        request.fail(failure);
        found = true;
    }
    return found;
}

pending_request::time_point request_table::expire(pending_request::time_point now) {
    auto next = pending_request::time_point::max();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        auto& request = *slots_[i];
        if (!request.waiting || request.done.is_set()) continue;
        if (request.deadline > now) {
            next = std::min(next, request.deadline);
            continue;
        }
        request.fail(errc::timeout);
    }
    return next;
}

}  // namespace mote::nats::detail
