#pragma once

#include <mote/functions/node_state.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/micro/service.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/node/detail/call_table.hpp>
#include <mote/node/detail/replica_set.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace mote::node::detail {

/// One function on this node: its micro service, the calls that wait for a replica, its replicas. On the connection's
/// executor.
class function_host : public std::enable_shared_from_this<function_host> {
public:
    function_host(std::shared_ptr<node_parts> parts, std::shared_ptr<call_table> calls, functions::function_name name);

    /// Serves it as `what` says; called again for each change.
    void apply(const functions::description& what);
    /// Takes no more calls, lets those in flight end within `patience`, ends all processes.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);
    /// Ends all at once, for a node that is destroyed.
    void abandon() noexcept;

    functions::function_state state() const;
    /// True once calls reach it; or cannot, which was noted.
    bool served() const noexcept { return served_; }
    const functions::description& what() const noexcept { return *what_; }
    /// By its labels; one of which there is one process at a time does not follow its load.
    functions::scale_settings scaling() const noexcept;

    // For the scaler.
    std::uint64_t calls() const noexcept { return calls_; }
    std::size_t in_flight() const noexcept { return in_flight_ + served_in_flight_; }
    /// Of one that serves itself, and does not say when: now.
    std::chrono::steady_clock::time_point last_call() const noexcept;
    /// Of calls, and what its processes do besides, but not of their start.
    std::chrono::nanoseconds cpu_time() const { return replicas_->working_time(); }
    void set_millicores(double value) noexcept { millicores_ = value; }
    /// Asks the processes of one that serves itself for their calls, in the background. Only where a label scales it.
    void measure();

private:
    static boost::asio::awaitable<void> ask_replicas(std::shared_ptr<function_host> self);
    std::shared_ptr<micro::service> make_service();
    static boost::asio::awaitable<void> open(std::shared_ptr<function_host> self);
    static boost::asio::awaitable<void> close(std::shared_ptr<function_host> self,
                                              std::shared_ptr<micro::service> gone);
    void open_or_close();
    bool serves_itself() const noexcept;
    void refuse(function_call& call, int status, const std::string& text);
    std::string statistics() const;
    static boost::asio::awaitable<void> handle(std::shared_ptr<function_host> self, micro::request asked);
    static boost::asio::awaitable<void> answer(std::shared_ptr<function_host> self,
                                               std::shared_ptr<function_call> call);
    boost::asio::awaitable<std::shared_ptr<replica>> wait_for_replica(std::shared_ptr<function_call> call);
    void wake();
    static boost::asio::awaitable<void> store_wake(std::shared_ptr<function_host> self);
    void note_ready();
    static boost::asio::awaitable<void> store_ready(std::shared_ptr<function_host> self, std::uint64_t generation);
    void on_replicas();

    std::shared_ptr<node_parts> keep_;
    node_parts& parts_;
    std::shared_ptr<call_table> table_;
    functions::function_name name_;
    std::shared_ptr<const functions::description> what_;
    functions::scale_settings scaling_;
    std::shared_ptr<replica_set> replicas_;
    std::shared_ptr<micro::service> service_;
    std::list<nats::async_event> waiting_;
    std::uint64_t calls_ = 0;
    std::size_t in_flight_ = 0;
    std::chrono::steady_clock::time_point last_call_ = std::chrono::steady_clock::now();  // its end, once it has one
    std::uint64_t refused_ = 0;  // calls that the node itself answered, which its service does not count as errors
    std::string last_refusal_;
    std::size_t served_in_flight_ = 0;  // calls that do not pass the node
    double millicores_ = 0;
    bool scales_itself_ = false;  // a label says how it is scaled
    bool asking_ = false;
    bool woken_ = false;  // a call came while there are to be no replicas, and the bucket does not say so yet
    bool served_ = false;
    bool stopped_ = false;
    std::chrono::nanoseconds start_patience_{};  // for calls that wait for a process
    std::uint64_t noted_ = 0;                    // the generation of which the bucket was told that it has been ready
};

}  // namespace mote::node::detail
