#pragma once

#include <mote/functions/description.hpp>
#include <mote/functions/probe_settings.hpp>
#include <mote/node/detail/node_parts.hpp>
#include <mote/node/watchdog_settings.hpp>
#include <mote/process/child.hpp>
#include <mote/process/control_group.hpp>
#include <mote/process/sandbox.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::node::detail {

/// Where a function sees its bundle.
inline constexpr std::string_view bundle_home = "/home/app";

/// What a new sandbox has besides what all of the function have.
struct sandbox_extras {
    std::string here{}, inside{};  // a directory of this machine that it writes in, too; none where `here` is empty
    std::vector<process::sandbox::text_file> files{};
};

/// `node_options::start_timeout`, and as much longer as an `initialDelaySeconds` of `health` or `ready` says that the function
/// needs. Throws `functions::errc::bad_setting` for annotations that a gateway would not have let pass.
std::chrono::nanoseconds start_patience(const node_options& opts, const functions::description& what);

/// All that is needed to start a process of a function: what its bundle, its description and this machine say together.
class launch {
public:
    /// Fetches the bundle and the secrets. Throws `functions::errc`, `errc::not_supported` and what fetching throws.
    static boost::asio::awaitable<std::shared_ptr<launch>> prepare(node_parts& parts, functions::description what);

    const functions::function_name& name() const noexcept { return name_; }
    const functions::description& what() const noexcept { return what_; }
    const watchdog_settings& settings() const noexcept { return settings_; }
    /// How its process is asked how it is, while it runs; without a path it is not.
    const functions::probe_settings& health() const noexcept { return health_; }
    /// How long its process may take until it takes calls: see start_patience.
    std::chrono::nanoseconds start_patience() const { return detail::start_patience(parts_->opts, what_); }

    /// The function's own command with `more` variables, in the sandbox where there is one; `inside` says that the command is
    /// for a spawn server that is there already.
    enum class where { new_sandbox, inside };
    process::command command(std::vector<std::pair<std::string, std::string>> more, where place,
                             const sandbox_extras& extras = sandbox_extras()) const;
    /// The spawn server in a sandbox of its own; null when there is none.
    std::unique_ptr<process::command> spawn_server() const;
    bool is_sandboxed() const noexcept { return sandboxed_; }
    /// Whether bundle or deployment say a value for it.
    bool has_variable(const std::string& name) const { return variables_.contains(name); }
    /// Whether only one process can be there at a time, because it listens at a place that is the same for each.
    bool has_one_place() const noexcept;
    /// Whether that place is also the other's.
    bool shares_place_with(const launch& other) const noexcept;
    /// Null for a built-in one.
    const functions::cached_bundle* bundle() const noexcept { return bundle_.get(); }

    /// To be put behind how a process ended: ", out of memory: limits.memory is 64Mi".
    std::string out_of_memory() const;

    /// A group of processes with the function's limits; `replica`, an instance's name, makes the name its own.
    process::control_group group(const std::string& replica) const;

private:
    launch(node_parts& parts, functions::description what);
    void read_settings();
    void check_network() const;
    bool has_no_network() const noexcept { return what_.annotation("mote.network") == "none"; }
    boost::asio::awaitable<void> fetch_bundle();
    boost::asio::awaitable<void> read_secrets();
    std::optional<std::uint64_t> memory_limit() const;  // bytes
    process::sandbox box() const;

    std::shared_ptr<node_parts> parts_;
    functions::function_name name_;
    functions::description what_;
    watchdog_settings settings_;
    functions::probe_settings health_;
    variables variables_;
    std::vector<std::string> program_;  // of a built-in bundle that is a program of ours
    std::shared_ptr<const functions::cached_bundle> bundle_;
    std::vector<process::sandbox::text_file> secrets_;
    bool sandboxed_ = false;
};

}  // namespace mote::node::detail
