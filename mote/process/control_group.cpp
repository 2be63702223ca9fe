#include <mote/process/control_group.hpp>

#include <mote/process/detail/group_tree.hpp>
#include <mote/process/error.hpp>

#include <algorithm>
#include <mutex>
#include <vector>

namespace mote::process {
namespace {

/// Groups whose last process was not yet gone when their owner let go of them.
class leftovers {
public:
    void add(detail::group_state group) {
        const std::lock_guard lock(mutex_);
        groups_.push_back(std::move(group));
    }
    void retry() {
        const std::lock_guard lock(mutex_);
        std::erase_if(groups_, [](const detail::group_state& group) { return group.remove(); });
    }
    /// A group of that name is wanted again.
    void forget(std::string_view name) {
        const std::lock_guard lock(mutex_);
        std::erase_if(groups_, [&](const detail::group_state& group) { return group.name == name; });
    }

private:
    std::mutex mutex_;
    std::vector<detail::group_state> groups_;
};

leftovers& left_behind() {
    static leftovers all;
    return all;
}

bool can_be_name(std::string_view name) {
    constexpr std::size_t longest = 200;
    constexpr std::string_view others = "-_.";
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= longest && name.front() != '.' && std::ranges::all_of(name, fits);
}

}  // namespace

std::string_view control_group_kind() { return name_of(detail::group_tree::of_this_machine().kind()); }

const detail::group_state* detail::state_of(const control_group& group) noexcept { return group.state_.get(); }

control_group control_group::create(std::string name, group_limits limits) {
    if (!can_be_name(name))
        throw_error(errc::bad_limit, "'" + name.substr(0, 64) + "' cannot be the name of a control group");
    left_behind().forget(name);
    left_behind().retry();
    const auto& tree = detail::group_tree::of_this_machine();
    return control_group(std::make_unique<detail::group_state>(tree.create(std::move(name), limits)));
}

control_group::control_group(std::unique_ptr<detail::group_state> state) noexcept : state_(std::move(state)) {}
control_group::control_group(control_group&&) noexcept = default;

control_group& control_group::operator=(control_group&& other) noexcept {
    if (this == &other) return *this;
    control_group old(std::move(*this));
    state_ = std::move(other.state_);
    return *this;
}

control_group::~control_group() {
    if (!state_ || state_->remove()) return;
    try {
        state_->open_entrances.clear();
        state_->birth.reset();
        left_behind().add(std::move(*state_));
    } catch (const std::bad_alloc&) {
        // A sweep finds it by its name.
    }
}

const std::string& control_group::name() const noexcept { return state_->name; }
std::string_view control_group::kind() const noexcept { return name_of(state_->kind); }
const group_limits& control_group::limits() const noexcept { return state_->limits; }
group_usage control_group::usage() const { return state_->usage(); }
std::optional<std::vector<pid_t>> control_group::processes() const { return state_->members(); }
void control_group::kill_all() noexcept { state_->kill_all(); }
bool control_group::remove() noexcept { return state_->remove(); }

std::size_t sweep_control_groups(std::string_view prefix, const std::function<bool(std::string_view name)>& is_left) {
    left_behind().retry();
    return detail::group_tree::of_this_machine().sweep(prefix, is_left);
}

std::size_t remove_empty_control_groups(std::string_view prefix,
                                        const std::function<bool(std::string_view name)>& is_left) {
    return detail::group_tree::of_this_machine().remove_empty(prefix, is_left);
}

}  // namespace mote::process
