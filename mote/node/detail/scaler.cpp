#include <mote/node/detail/scaler.hpp>

#include <algorithm>

namespace mote::node::detail {
namespace {

constexpr auto window = std::chrono::seconds(10);
/// Fewer replicas only when none were needed for so long, whatever `down.window` says less.
constexpr auto least_down_window = std::chrono::seconds(20);

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double scaler::load_of(const load_sample& now, functions::load_kind kind) const noexcept {
    if (kind == functions::load_kind::cpu) return millicores_;
    if (kind == functions::load_kind::capacity) {
        double sum = 0;
        for (const auto& one : samples_) sum += static_cast<double>(one.in_flight);
        return samples_.empty() ? 0 : sum / static_cast<double>(samples_.size());
    }
    const auto& first = samples_.front();
    const double time = seconds(now.at - first.at);
    return time < 1 ? 0 : static_cast<double>(now.calls - first.calls) / time;
}

std::optional<std::uint32_t> scaler::look(const load_sample& now, const functions::scale_settings& settings,
                                          const functions::description& what, bool may_lower) {
    // A counter, which for a moment may be read without a process that is just ending.
    const auto before = samples_.empty() ? std::chrono::nanoseconds(0) : samples_.back().cpu_time;
    samples_.push_back(now);
    samples_.back().cpu_time = std::max(now.cpu_time, before);
    std::erase_if(samples_, [&](const load_sample& one) { return now.at - one.at > window; });
    const auto& first = samples_.front();
    const double time = seconds(now.at - first.at);
    if (time >= 1) millicores_ = 1000 * seconds(samples_.back().cpu_time - first.cpu_time) / time;

    if (what.paused || what.replicas == 0) {
        wanted_.clear();
        return std::nullopt;
    }
    if (settings.zero && now.in_flight == 0 && now.at - now.last_call > settings.zero_after) return 0;
    if (settings.min == settings.max) return std::nullopt;

    const auto needed = settings.wanted(load_of(now, settings.kind));
    if (wanted_.empty()) wanted_since_ = now.at;
    wanted_.emplace_back(now.at, needed);
    const auto keep = std::max<std::chrono::nanoseconds>(settings.down_window, least_down_window);
    std::erase_if(wanted_, [&](const auto& one) { return now.at - one.first > keep; });
    if (needed > what.replicas) return needed;
    if (!may_lower || now.at - wanted_since_ < keep) return std::nullopt;
    const auto most = std::max_element(wanted_.begin(), wanted_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most->second < what.replicas ? std::optional(most->second) : std::nullopt;
}

}  // namespace mote::node::detail
