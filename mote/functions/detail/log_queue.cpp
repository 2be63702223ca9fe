#include <mote/functions/detail/log_queue.hpp>

#include <mote/functions/log_store.hpp>

#include <algorithm>
#include <utility>

namespace mote::functions::detail {
namespace {

constexpr std::size_t replicas_to_fill_it = 4;

}  // namespace

log_queue::log_queue(log_queue_bounds bounds) noexcept : bounds_(bounds), share_(bounds) {
    share_.lines = std::max<std::size_t>(bounds.lines / replicas_to_fill_it, 1);
    share_.bytes = bounds.bytes / replicas_to_fill_it;
}

bool log_queue::push(const log_line& line) {
    auto payload = line.json();
    const auto [found, is_new] = replicas_.try_emplace(line.function.key() + '/' + line.instance);
    auto& to = found->second;
    if (is_new) {
        to.any.function = line.function;
        to.any.instance = line.instance;
    }
    give_turn(found);
    if (!has_place(to, payload.size()) || (to.dropped > 0 && !recovered(to))) {
        ++to.dropped;
        to.any.time = line.time;
        return false;
    }
    if (to.dropped > 0) add(to, lost_lines(to));
    add(to, std::move(payload));
    return true;
}

std::optional<outgoing_line> log_queue::pop() {
    std::optional<outgoing_line> next;
    if (!again_.empty()) {
        next = std::move(again_.extract(again_.begin()).mapped());
        return next;
    }
    if (turns_.empty()) return next;
    const auto turn = turns_.front();
    turns_.pop_front();
    auto& from = turn->second;
    from.has_turn = false;
    if (from.lines.empty()) add(from, lost_lines(from));
    next.emplace();
    next->subject = log_store::subject(from.any.function);
    next->payload = std::move(from.lines.front());
    next->number = next_number_++;
    from.lines.pop_front();
    from.bytes -= next->payload.size();
    bytes_ -= next->payload.size();
    --lines_;
    if (from.lines.empty() && from.dropped == 0)
        replicas_.erase(turn);
    else
        give_turn(turn);
    return next;
}

void log_queue::put_back(outgoing_line line) {
    const auto number = line.number;
    again_.emplace(number, std::move(line));
}

void log_queue::clear() noexcept {
    turns_.clear();
    replicas_.clear();
    again_.clear();
    lines_ = 0;
    bytes_ = 0;
}

bool log_queue::has_place(const replica& of, std::size_t size) const noexcept {
    return lines_ < bounds_.lines && bytes_ + size <= bounds_.bytes && of.lines.size() < share_.lines &&
           of.bytes + size <= share_.bytes;
}

bool log_queue::recovered(const replica& of) const noexcept {
    return of.lines.size() <= share_.lines / 2 && of.bytes <= share_.bytes / 2;
}

void log_queue::add(replica& to, std::string payload) {
    to.bytes += payload.size();
    bytes_ += payload.size();
    ++lines_;
    to.lines.push_back(std::move(payload));
}

void log_queue::give_turn(replica_map::iterator to) {
    if (std::exchange(to->second.has_turn, true)) return;
    turns_.push_back(to);
}

std::string log_queue::lost_lines(replica& of) {
    const auto count = std::exchange(of.dropped, 0);
    of.any.text = "[mote] dropped " + std::to_string(count) + (count == 1 ? " line" : " lines") +
                  ": more came than could be stored";
    return of.any.json();
}

}  // namespace mote::functions::detail
