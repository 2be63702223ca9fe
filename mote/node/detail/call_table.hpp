#pragma once

#include <mote/nats/connection.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mote::node::detail {

/// The calls of this node that have an id, so that they can be ended: one subscription for all of them. On the
/// connection's executor.
class call_table {
public:
    explicit call_table(const nats::connection& connection);

    /// One call for as long as it lives; `slot` is told when it is to end.
    class entry {
    public:
        entry(call_table& table, std::string_view id);
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        ~entry();

        boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }
        bool cancelled() const noexcept { return cancelled_; }

    private:
        friend class call_table;
        call_table& table_;
        std::string id_;
        boost::asio::cancellation_signal signal_;
        bool cancelled_ = false;
    };

private:
    void cancel(std::string_view id);

    std::unordered_multimap<std::string, entry*> entries_;
    nats::subscription cancels_;
};

}  // namespace mote::node::detail
