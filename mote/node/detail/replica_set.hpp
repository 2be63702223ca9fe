#pragma once

#include <mote/node/detail/replica.hpp>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::node::detail {

/// The replicas of one function on this node: as many as are wanted, of the newest generation; older ones serve until the
/// first new one does, then finish their calls, however long one may take, and go. One that ends by itself is started again,
/// later and later while it goes on so. On the connection's executor.
///
/// Of those that listen at a place that is the same for each there is one at a time: the older one finishes its calls and goes
/// before the new one starts, and is started again where that does not. Then it serves until another deployment, or until none
/// is wanted: whoever asks for one after that has the newest tried again.
class replica_set : public std::enable_shared_from_this<replica_set> {
public:
    /// `on_change`: another replica takes calls, or one does not any more, or none will for now.
    replica_set(node_parts& parts, functions::function_name name, std::function<void()> on_change);

    /// What is to be run, and how often. Starts and ends what differs, in the background.
    void want(std::shared_ptr<const functions::description> what, std::uint32_t count);
    /// Ends all and starts no more; returns when all have ended, those that serve after `patience`.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    /// The one that has the fewest calls among those that take some, of the newest generation of which there is one; null
    /// when there is none.
    std::shared_ptr<replica> choose() const noexcept;
    /// Those that take calls.
    const std::vector<std::shared_ptr<replica>>& all() const noexcept { return replicas_; }

    std::uint32_t ready() const noexcept;  ///< that take calls, of any generation
    std::uint32_t starting() const noexcept { return starting_; }
    /// There is at most one, whatever number is wanted; known once the first is about to start.
    bool has_one_place() const noexcept { return has_one_place_; }
    std::uint64_t ready_generation() const noexcept;  ///< the newest of those that take calls; 0: none does
    replica_usage usage() const;                      ///< of all, with the CPU time of those that have gone
    const std::string& trouble() const noexcept {
        return trouble_;
    }  ///< why the last start failed; empty when it did not
    /// The last start failed and the next one is not yet due: whoever waits may as well give up.
    bool failing() const noexcept { return failures_ != 0 && starting_now_ == 0; }
    /// What a call is told while that is so: 503, or 501 where another try will not help.
    int trouble_status() const noexcept { return trouble_status_; }
    /// Ends all processes at once, for a node that is destroyed.
    void abandon() noexcept;

private:
    void reconcile();
    std::uint32_t wanted() const noexcept { return has_one_place_ ? std::min<std::uint32_t>(count_, 1) : count_; }
    /// What is started: `what_`, or what served before.
    const std::shared_ptr<const functions::description>& target() const noexcept {
        return instead_ != nullptr ? instead_ : what_;
    }
    bool is_target(std::uint64_t generation) const noexcept { return generation == target()->generation; }
    std::uint32_t count_of_target() const noexcept;
    void try_newest_again() noexcept;
    static boost::asio::awaitable<bool> make_way(std::shared_ptr<replica_set> self, std::uint64_t generation,
                                                 std::shared_ptr<const launch> next);
    void start_one();
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
    void wait_for_next_try();

    std::shared_ptr<node_parts> keep_;
    node_parts& parts_;
    functions::function_name name_;
    std::function<void()> on_change_;
    std::shared_ptr<const functions::description> what_;
    std::shared_ptr<const functions::description> before_;   // what made way for what_, which has not yet served
    std::shared_ptr<const functions::description> instead_;  // the same, run again because what_ did not start
    bool has_one_place_ = false;
    std::uint32_t count_ = 0;
    std::vector<std::shared_ptr<replica>> replicas_;  // that take calls
    std::vector<std::shared_ptr<replica>> leaving_;   // that finish their calls; not in past_cpu_ yet
    std::vector<std::weak_ptr<replica>> alive_;       // that were made and have not gone
    std::uint32_t starting_ = 0;
    std::uint32_t starting_now_ = 0;  // of these, those of the target
    std::uint32_t retiring_ = 0;
    std::chrono::nanoseconds past_cpu_{};
    std::chrono::steady_clock::time_point stop_by_ = std::chrono::steady_clock::time_point::max();
    std::string trouble_;
    int trouble_status_ = 503;
    unsigned failures_ = 0;  // in a row
    std::chrono::steady_clock::time_point last_start_{};
    std::chrono::steady_clock::time_point next_try_{};
    boost::asio::steady_timer retry_;
    bool stopped_ = false;
};

}  // namespace mote::node::detail
