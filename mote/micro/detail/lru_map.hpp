#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mote::micro::detail {

/// Values by text, the one that was used last in front. Bounds are the caller's: see `drop_oldest`. Not thread-safe.
template <class Value>
class lru_map {
public:
    /// Null when absent; else it counts as used now.
    Value* find(std::string_view key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->second;
    }
    /// There must be none with that key.
    Value& add(std::string key, Value value) {
        entries_.emplace_front(std::move(key), std::move(value));
        try {
            places_.emplace(entries_.front().first, entries_.begin());
        } catch (...) {
            entries_.pop_front();
            throw;
        }
        return entries_.front().second;
    }
    void erase(std::string_view key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return;
        const auto entry = found->second;
        places_.erase(found);
        entries_.erase(entry);
    }
    /// Key and value that were not used for the longest time. There must be one.
    const std::pair<std::string, Value>& oldest() const { return entries_.back(); }
    void drop_oldest() {
        places_.erase(entries_.back().first);
        entries_.pop_back();
    }
    std::size_t size() const noexcept { return places_.size(); }

private:
    std::list<std::pair<std::string, Value>> entries_;
    std::unordered_map<std::string_view, typename std::list<std::pair<std::string, Value>>::iterator> places_;
};

}  // namespace mote::micro::detail
