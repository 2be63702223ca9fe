#pragma once

#include <mote/node/detail/replica.hpp>
#include <mote/node/detail/version_run.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::node::detail {

/// The replicas of one function on this node: as many as are wanted, of the newest version. Older ones serve until as many of the
/// newest do, then finish their calls, however long one may take, and go, one for each that is ready. One that ends by itself is
/// started again, later and later while it goes on so. Where the newest was never ready and does not start, the version before
/// it runs meanwhile. On the connection's executor.
///
/// Of those that listen at a place that is the same for each there is one at a time: the older one finishes its calls and goes
/// before the new one starts. Where that does not, the version before serves until another deployment, or until none is wanted:
/// whoever asks for one after that has the newest tried again.
class replica_set : public std::enable_shared_from_this<replica_set> {
public:
    /// `on_change`: another replica takes calls, or one does not any more, or none will for now.
    replica_set(node_parts& parts, functions::function_name name, std::function<void()> on_change);

    /// What is to be run, and how often. Starts and ends what differs, in the background.
    void want(std::shared_ptr<const functions::description> what, std::uint32_t count);
    /// Ends all and starts no more; returns when all have ended, those that serve after `patience`.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    /// Among those that have room for one more the one that has the fewest calls, of equals the newest; null when there is
    /// none that takes calls.
    std::shared_ptr<replica> choose() const noexcept;
    /// One of the newest version of which some take calls; null when none does.
    std::shared_ptr<replica> newest() const noexcept;
    /// Those that take calls.
    const std::vector<std::shared_ptr<replica>>& all() const noexcept { return replicas_; }

    std::uint32_t ready() const noexcept;  ///< that take calls, of any generation
    std::uint32_t starting() const noexcept { return starting_; }
    /// There is at most one, whatever number is wanted; known once the first is about to start.
    bool has_one_place() const noexcept;
    std::uint64_t ready_generation() const noexcept;  ///< the newest of those that take calls; 0: none does
    replica_usage usage() const;                      ///< of all, with the CPU time of those that have gone
    /// Of that CPU time, what was not used before a replica took calls: their start is no load.
    std::chrono::nanoseconds working_time() const { return usage().cpu_time - start_cpu_; }
    /// Why the last start of the newest version failed; empty when it did not.
    const std::string& trouble() const noexcept { return newest_.trouble; }
    /// The last start failed and the next one is not yet due: whoever waits may as well give up.
    bool failing() const noexcept;
    /// What a call is told while that is so: 503, or 501 where another try will not help.
    int trouble_status() const noexcept { return newest_.trouble_status; }
    /// Ends all processes at once, for a node that is destroyed.
    void abandon() noexcept;

private:
    void reconcile();
    version_run* find(std::uint64_t generation) noexcept;
    std::uint32_t count_of(const version_run& version) const noexcept;
    bool is_previous_needed() const noexcept;
    bool may_start_at_one_place(std::uint64_t generation) noexcept;
    void retire_older(std::uint32_t keep);
    std::chrono::steady_clock::time_point start_up_to(version_run& version, std::uint32_t there);
    static boost::asio::awaitable<bool> make_way(std::shared_ptr<replica_set> self, std::uint64_t generation,
                                                 std::shared_ptr<const launch> next);
    void start_one(version_run& version);
    static boost::asio::awaitable<void> run_start(std::shared_ptr<replica_set> self,
                                                  std::shared_ptr<const functions::description> what,
                                                  std::string instance);
    void note_alive(const std::shared_ptr<replica>& made);
    void started(std::shared_ptr<replica> made);
    void failed(std::uint64_t generation, const std::string& why, int status);
    void lost(const replica& which);
    std::chrono::nanoseconds longest_call_of(const replica& which) const;
    void retire(std::shared_ptr<replica> which, std::chrono::nanoseconds patience);
    void let_end(std::shared_ptr<replica> which, std::chrono::steady_clock::time_point until);
    static boost::asio::awaitable<void> run_retire(std::shared_ptr<replica_set> self, std::shared_ptr<replica> which,
                                                   std::chrono::steady_clock::time_point until);
    void reconcile_at(std::chrono::steady_clock::time_point when);

    std::shared_ptr<node_parts> keep_;
    node_parts& parts_;
    functions::function_name name_;
    std::function<void()> on_change_;
    version_run newest_;
    version_run previous_;   // the last one before it that was ever ready; until the newest is
    bool given_up_ = false;  // the newest, whose place the previous one has taken again
    std::uint32_t count_ = 0;
    std::vector<std::shared_ptr<replica>> replicas_;  // that take calls
    std::vector<std::shared_ptr<replica>> leaving_;   // that finish their calls; not in past_cpu_ yet
    std::vector<std::weak_ptr<replica>> alive_;       // that were made and have not gone
    std::uint32_t starting_ = 0;
    std::uint32_t retiring_ = 0;
    std::chrono::nanoseconds past_cpu_{};
    std::chrono::nanoseconds start_cpu_{};  // of all that took calls, until they did
    std::chrono::steady_clock::time_point stop_by_ = std::chrono::steady_clock::time_point::max();
    boost::asio::steady_timer retry_;
    bool stopped_ = false;
};

}  // namespace mote::node::detail
