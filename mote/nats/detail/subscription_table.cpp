#include <mote/nats/detail/subscription_table.hpp>

#include <algorithm>
#include <utility>

namespace mote::nats::detail {
namespace {

std::size_t bytes_of(const message_view& view) { return view.payload.size() + view.headers.raw().size(); }

}  // namespace

bool subscription_state::enqueue(const message_view& view) {
    const auto fits = [&] {
        return counts.pending_messages < opts.max_pending_messages &&
               counts.pending_bytes + bytes_of(view) <= opts.max_pending_bytes;
    };
    const bool never_fits = opts.max_pending_messages == 0 || bytes_of(view) > opts.max_pending_bytes;
    bool dropped = false;
    while (!fits()) {
        dropped = true;
        ++counts.dropped;
        if (opts.slow_consumer == slow_consumer_policy::drop_newest || never_fits) return false;
        take();
        --counts.delivered;
    }
    pending.emplace_back(view);
    ++counts.pending_messages;
    counts.pending_bytes += bytes_of(view);
    counts.most_pending_messages = std::max(counts.most_pending_messages, counts.pending_messages);
    counts.most_pending_bytes = std::max(counts.most_pending_bytes, counts.pending_bytes);
    changed.set();
    return !dropped;
}

std::optional<message> subscription_state::take() {
    if (pending.empty()) return std::nullopt;
    std::optional<message> first(std::move(pending.front()));
    pending.pop_front();
    --counts.pending_messages;
    counts.pending_bytes -= bytes_of(first->view());
    ++counts.delivered;
    if (pending.empty()) pending_is_empty();
    return first;
}

void subscription_state::discard_pending() {
    pending.clear();
    counts.pending_messages = 0;
    counts.pending_bytes = 0;
    pending_is_empty();
}

void subscription_state::pending_is_empty() {
    for (const auto& drain : std::exchange(drains, {})) drain->set();
}

void subscription_state::forget_callbacks() {
    const auto old_handler = std::exchange(handler, nullptr);
    const auto old_after_burst = std::exchange(opts.after_burst, nullptr);
    const auto old_at_drain = std::exchange(opts.at_drain, nullptr);
    const auto old_on_error = std::exchange(opts.on_error, nullptr);
}

void subscription_table::add(const std::shared_ptr<subscription_state>& state) {
    std::size_t index = 0;
    if (free_.empty()) {
        index = slots_.size();
        slots_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    state->sid = (slots_[index].generation++ << slot_bits) | (index + 1);
    slots_[index].state = state;
}

void subscription_table::remove(std::uint64_t sid) {
    if (find(sid) == nullptr) return;
    const auto index = static_cast<std::size_t>((sid & slot_mask) - 1);
    removed_.push_back(std::move(slots_[index].state));
    slots_[index].state = nullptr;
    free_.push_back(index);
}

void subscription_table::forget_all_removed() {
    while (!removed_.empty())
        for (const auto& state : std::exchange(removed_, {})) state->forget_callbacks();
}

std::vector<std::shared_ptr<subscription_state>> subscription_table::all() const {
    std::vector<std::shared_ptr<subscription_state>> states;
    for (const auto& slot : slots_)
        if (slot.state != nullptr) states.push_back(slot.state);
    return states;
}

}  // namespace mote::nats::detail
