#pragma once

#include <mote/node/detail/function_call.hpp>
#include <mote/node/detail/launch.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// What one replica uses: bytes now, and CPU time since it was made.
struct replica_usage {
    std::uint64_t memory = 0;
    std::chrono::nanoseconds cpu_time{};
    std::string_view limits{};  ///< what holds its limits, as control_group::kind; empty: it has no process
};

/// What a process that serves itself says of its calls.
struct served_calls {
    std::uint64_t calls = 0;  ///< since it was asked before
    std::size_t in_flight = 0;
};

/// One process of a function, or what starts one for each call. On the connection's executor.
class replica : public std::enable_shared_from_this<replica> {
public:
    replica(node_parts& parts, std::shared_ptr<const launch> from, std::string instance)
        : parts_(parts.shared_from_this()), from_(std::move(from)), instance_(std::move(instance)) {}
    replica(const replica&) = delete;
    replica& operator=(const replica&) = delete;
    virtual ~replica() = default;

    /// Returns when it takes calls; throws when it will not, or not within `launch::start_patience`.
    virtual boost::asio::awaitable<void> start() = 0;
    /// Answers a call. What it throws is the answer: a `micro::service_error`, or a `node::errc`.
    virtual boost::asio::awaitable<void> serve(std::shared_ptr<function_call> call) = 0;
    /// It gets no calls by us any more. One whose calls do not pass the node is told to end, and `drains` until it has.
    virtual void let_go() noexcept {}
    virtual bool drains() const noexcept { return false; }
    /// Ends its process; those calls that go on end with it.
    virtual boost::asio::awaitable<void> stop() = 0;
    /// Ends its process at once, for a node that is destroyed.
    virtual void kill() noexcept = 0;
    /// Why it cannot take calls any more; empty while it can. Told by `on_end`, too.
    virtual const std::string& trouble() const noexcept { return trouble_; }
    virtual replica_usage usage() const = 0;
    /// Asks one whose calls do not pass the node. Nothing when it does not say; at most half a second.
    virtual boost::asio::awaitable<std::optional<served_calls>> ask_calls() { co_return std::nullopt; }

    const std::string& instance() const noexcept { return instance_; }
    const launch& from() const noexcept { return *from_; }
    std::uint64_t generation() const noexcept { return from_->what().generation; }
    std::size_t in_flight() const noexcept { return in_flight_; }

    /// A call of this replica for as long as it lives.
    class place {
    public:
        explicit place(std::shared_ptr<replica> of) noexcept : of_(std::move(of)) { ++of_->in_flight_; }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() { --of_->in_flight_; }

    private:
        std::shared_ptr<replica> of_;
    };

    std::function<void()> on_end{};  ///< it cannot take calls any more, without having been told to stop

protected:
    void log(std::string_view text) const { parts_->logs.append(from_->name(), instance_, text); }
    void ended(std::string why) {
        trouble_ = std::move(why);
        if (on_end) on_end();
    }
    node_parts& parts() const noexcept { return *parts_; }

private:
    std::shared_ptr<node_parts> parts_;
    std::shared_ptr<const launch> from_;
    std::string instance_;
    std::string trouble_;
    std::size_t in_flight_ = 0;
};

/// A replica as the function's mode asks for it.
std::shared_ptr<replica> make_replica(node_parts& parts, std::shared_ptr<const launch> from, std::string instance);

}  // namespace mote::node::detail
