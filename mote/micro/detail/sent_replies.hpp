#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::micro::detail {

class served;

/// Who sent the latest replies of a service. A server that refuses one says so a round trip later, with no more than its
/// subject. A note costs a few nanoseconds, as each reply is noted and hardly one is looked for. The room for them grows with
/// what is sent, because most functions of a node have nothing to answer. On the executor.
class sent_replies {
public:
    /// A number for a reply subject. Its end is what tells one from another: the number or token of the request, behind
    /// the one of its inbox.
    static std::uint64_t print_of(std::string_view subject) noexcept {
        constexpr std::size_t word = sizeof(std::uint64_t);
        std::uint64_t last = 0;
        std::uint64_t before = 0;
        if (subject.size() >= word) {
            std::memcpy(&last, subject.data() + subject.size() - word, word);
            const auto begin = subject.size() < 2 * word ? 0 : subject.size() - 2 * word;
            std::memcpy(&before, subject.data() + begin, word);
        } else {
            for (const char each : subject) last = last << 8U | static_cast<unsigned char>(each);
        }
        // And one, so that no subject at all is not like an empty place.
        return last ^ (before * 0x9e3779b97f4a7c15U) ^ (subject.size() + 1);
    }

    /// `sender` is only compared; null stands for the service itself.
    void note(std::uint64_t print, const served* sender) noexcept {
        if (next_ == places_.size()) begin_again();
        if (!places_.empty()) places_[next_++] = {print, sender};
    }
    /// Nothing when it is not among the latest.
    std::optional<const served*> sender_of(std::string_view subject) const noexcept {
        const auto index = oldest_of(print_of(subject));
        return index == places_.size() ? std::nullopt : std::optional(places_[index].sender);
    }
    /// Of several replies to one subject a server refuses all, the oldest one first: each is told once.
    void forget(std::string_view subject) noexcept {
        const auto index = oldest_of(print_of(subject));
        if (index != places_.size()) places_[index] = place();
    }

private:
    struct place {
        std::uint64_t print = 0;
        const served* sender = nullptr;
    };
    static constexpr std::size_t most = 512;
    static constexpr std::size_t fewest = 8;

    /// With more room, until there is enough or no memory.
    void begin_again() noexcept {
        if (places_.size() < most) try {
                return places_.resize(std::max(fewest, places_.size() * 2));
            } catch (const std::bad_alloc&) {
            }
        next_ = 0;
    }
    std::size_t oldest_of(std::uint64_t print) const noexcept {
        for (std::size_t i = 0; i < places_.size(); ++i)
            if (const auto index = (next_ + i) % places_.size(); places_[index].print == print) return index;
        return places_.size();
    }

    std::vector<place> places_{};
    std::size_t next_ = 0;  // at most the size
};

}  // namespace mote::micro::detail
