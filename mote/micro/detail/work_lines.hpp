#pragma once

#include <mote/jetstream/consumer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mote::micro::detail {

/// What the lines know of a message.
struct place_in_line {
    enum class standing { waiting, running, pausing };

    jetstream::delivery_info told{};
    std::string key{};
    standing stands = standing::waiting;
    std::uint64_t tries_here = 0;
    /// Deliveries in which another one of its key was before it, so that nobody can have begun it.
    std::uint64_t deliveries_behind = 0;
};

/// The messages that an ordered work endpoint has, in one line for each key, each in the order of the stream. Only the first
/// of a line may begin, and only while no other one of the line is running. Knows no clock and no network. `Item` is a
/// place_in_line.
template <class Item>
class work_lines {
public:
    using item = std::shared_ptr<Item>;
    using by_sequence = std::map<std::uint64_t, item>;
    using standing = place_in_line::standing;

    /// Puts it in its place in the line of its key. False when it is here already: then the one that is here stays.
    bool add(item added);
    /// The next one that may begin, lines taking turns; it is running then. Nothing when none may.
    item next();
    /// It was running and its line waits for it until `resume`.
    void pause(Item& paused);
    void resume(Item& paused);
    /// It is settled, or forgotten: the next of its line may begin.
    void leave(const Item& settled);
    /// Takes away all that do not run; in the order of the stream.
    std::vector<item> take_not_running();

    /// All, in the order of the stream.
    const by_sequence& all() const noexcept { return all_; }
    /// How many are up to this place in the stream.
    std::size_t count_up_to(std::uint64_t stream_sequence) const noexcept {
        return static_cast<std::size_t>(std::distance(all_.begin(), all_.upper_bound(stream_sequence)));
    }

private:
    struct line {
        by_sequence items{};
        bool busy = false;    // one of it is running
        bool queued = false;  // in `ready_`
    };

    /// For `next` to look at, when its first one may begin.
    void offer(const std::string& key, line& whose) {
        if (whose.busy || whose.queued || whose.items.begin()->second->stands != standing::waiting) return;
        whose.queued = true;
        ready_.push_back(key);
    }

    by_sequence all_{};
    std::unordered_map<std::string, line> lines_{};
    std::deque<std::string> ready_{};  // keys whose first one may begin; some may have changed meanwhile
};

template <class Item>
bool work_lines<Item>::add(item added) {
    const auto place = added->told.stream_sequence;
    if (!all_.try_emplace(place, added).second) return false;
    auto& mine = lines_[added->key];
    const auto at = mine.items.emplace(place, added).first;
    // Whoever stands behind another one was not begun by anybody, however often it was delivered.
    const auto behind = at == mine.items.begin() ? std::next(at) : at;
    if (behind != mine.items.end() && behind->second->tries_here == 0)
        behind->second->deliveries_behind = behind->second->told.delivered;
    offer(added->key, mine);
    return true;
}

template <class Item>
typename work_lines<Item>::item work_lines<Item>::next() {
    while (!ready_.empty()) {
        const auto found = lines_.find(ready_.front());
        ready_.pop_front();
        if (found == lines_.end()) continue;
        auto& from = found->second;
        from.queued = false;
        const auto& first = from.items.begin()->second;
        if (from.busy || first->stands != standing::waiting) continue;
        from.busy = true;
        first->stands = standing::running;
        return first;
    }
    return nullptr;
}

template <class Item>
void work_lines<Item>::pause(Item& paused) {
    auto& mine = lines_[paused.key];
    paused.stands = standing::pausing;
    mine.busy = false;
    offer(paused.key, mine);  // one that was before it in the stream may have come late
}

template <class Item>
void work_lines<Item>::resume(Item& paused) {
    paused.stands = standing::waiting;
    offer(paused.key, lines_[paused.key]);
}

template <class Item>
void work_lines<Item>::leave(const Item& settled) {
    const auto found = lines_.find(settled.key);
    if (found == lines_.end()) return;
    auto& mine = found->second;
    if (settled.stands == standing::running) mine.busy = false;
    const auto place = settled.told.stream_sequence;
    const auto kept = all_.extract(place);  // `settled` is good until the end
    mine.items.erase(place);
    if (mine.items.empty())
        lines_.erase(found);
    else
        offer(settled.key, mine);
}

template <class Item>
std::vector<typename work_lines<Item>::item> work_lines<Item>::take_not_running() {
    std::vector<item> taken;
    for (const auto& [place, each] : all_)
        if (each->stands != standing::running) taken.push_back(each);
    for (const auto& each : taken) leave(*each);
    return taken;
}

}  // namespace mote::micro::detail
