#include <apps/mote/doctor/bounded_checks.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace mote::command {

/// Shared with the threads, which may end later than all else.
struct bounded_checks::state {
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::vector<std::string> names{};
    mutable std::mutex mutex{};
    std::condition_variable changed{};
    std::vector<std::optional<std::vector<finding>>> found{};

    bool all_ended() const {
        return std::ranges::all_of(found, [](const auto& each) { return each.has_value(); });
    }
};

static std::vector<finding> findings_of(const machine_check& check) {
    try {
        return check.look();
    } catch (const std::exception& error) {
        finding failed;
        failed.check = check.name;
        failed.how = severity::warn;
        failed.text = "could not be looked at: " + plain_reason(error.what());
        return {failed};
    }
}

bounded_checks::bounded_checks(std::vector<machine_check> checks) : state_(std::make_shared<state>()) {
    for (const auto& each : checks) state_->names.push_back(each.name);
    state_->found.resize(checks.size());
    for (std::size_t at = 0; at < checks.size(); ++at)
        std::thread([shared = state_, at, check = std::move(checks[at])] {
            auto found = findings_of(check);
            const std::lock_guard lock(shared->mutex);
            shared->found[at] = std::move(found);
            shared->changed.notify_all();
        }).detach();
}

std::vector<finding> bounded_checks::results(std::chrono::milliseconds limit) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_until(lock, state_->started + limit, [this] { return state_->all_ended(); });
    std::vector<finding> all;
    for (std::size_t at = 0; at < state_->found.size(); ++at) {
        if (state_->found[at]) {
            all.insert(all.end(), state_->found[at]->begin(), state_->found[at]->end());
            continue;
        }
        finding late;
        late.check = state_->names[at];
        late.how = severity::warn;
        late.text = "no answer within " + readable(limit);
        all.push_back(late);
    }
    return all;
}

bool bounded_checks::any_left() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->all_ended();
}

}  // namespace mote::command
