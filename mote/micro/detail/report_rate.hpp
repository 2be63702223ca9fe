#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mote::micro::detail {

/// Bounds the reports of what may come with every message, so that they bury nothing else.
class report_rate {
public:
    explicit report_rate(std::uint32_t a_second) noexcept : a_second_(a_second) {}

    /// Nothing when there were enough within this second; else what to add to the report: how many were held back before.
    std::optional<std::string> pass() {
        const auto now = std::chrono::steady_clock::now();
        if (now >= ends_) {
            ends_ = now + std::chrono::seconds(1);
            passed_ = 0;
        }
        if (passed_ == a_second_) {
            ++held_back_;
            return std::nullopt;
        }
        ++passed_;
        const auto more = std::exchange(held_back_, 0);
        return more == 0 ? std::string() : ", and " + std::to_string(more) + " more before";
    }

private:
    std::chrono::steady_clock::time_point ends_{};
    std::uint64_t held_back_ = 0;
    std::uint32_t passed_ = 0;
    std::uint32_t a_second_;
};

}  // namespace mote::micro::detail
