#pragma once

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
/// subject. A note costs a few nanoseconds, as each reply is noted and hardly one is looked for. Endpoints get room with their
/// first answer, because most functions of a node have nothing to answer; what the service itself says about it, whenever
/// somebody looks, has little room of its own. On the executor.
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
        (sender == nullptr ? of_service_ : of_endpoints_).note({print, sender});
    }
    /// Nothing when it is not among the latest.
    std::optional<const served*> sender_of(std::string_view subject) const noexcept {
        const auto print = print_of(subject);
        for (const auto* const each : {&of_endpoints_, &of_service_})
            if (const auto* const found = each->oldest_of(print)) return found->sender;
        return std::nullopt;
    }
    /// Of several replies to one subject a server refuses all, the oldest one first: each is told once.
    void forget(std::string_view subject) noexcept {
        const auto print = print_of(subject);
        if (!of_endpoints_.forget(print)) of_service_.forget(print);
    }

private:
    struct place {
        std::uint64_t print = 0;
        const served* sender = nullptr;
    };

    /// The latest so many.
    class ring {
    public:
        explicit ring(std::size_t most) noexcept : most_(most) {}

        void note(place latest) noexcept {
            if (places_.empty() && !make_room()) return;
            places_[next_] = latest;
            if (++next_ == places_.size()) next_ = 0;
        }
        const place* oldest_of(std::uint64_t print) const noexcept {
            for (std::size_t i = 0; i < places_.size(); ++i)
                if (const auto& each = places_[(next_ + i) % places_.size()]; each.print == print) return &each;
            return nullptr;
        }
        bool forget(std::uint64_t print) noexcept {
            const auto* const found = oldest_of(print);
            if (found != nullptr) places_[static_cast<std::size_t>(found - places_.data())] = place();
            return found != nullptr;
        }

    private:
        bool make_room() noexcept {
            try {
                places_.resize(most_);
            } catch (const std::bad_alloc&) {
            }
            return !places_.empty();
        }

        std::size_t most_;
        std::vector<place> places_{};
        std::size_t next_ = 0;
    };

    ring of_endpoints_{512};
    ring of_service_{16};
};

}  // namespace mote::micro::detail
