#pragma once

#include <mote/nats/async_event.hpp>
#include <mote/nats/subscription.hpp>

#include <boost/container/deque.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::nats::detail {

/// What the session knows of one subscription.
struct subscription_state {
    explicit subscription_state(const boost::asio::any_io_executor& executor) : changed(executor) {}

    std::uint64_t sid = 0;
    std::string subject;
    subscribe_options opts;
    message_handler handler;  // empty: a pull subscription
    std::uint64_t received = 0;
    std::uint64_t received_on_earlier_links = 0;  // the server counts from the SUB on its link
    subscription_stats counts;
    boost::container::deque<message> pending;          // has no memory while it is empty, as most are for good
    bool ended = false;                                // nothing more will come
    bool released = false;                             // its handle is gone: nothing is called any more
    bool draining = false;                             // UNSUB is sent, what is on its way still comes
    bool overflowing = false;                          // within an episode of dropping
    boost::system::error_code failure;                 // why it ended, if not as asked
    async_event changed;                               // a message arrived, or it ended: for `next`
    std::vector<std::shared_ptr<async_event>> drains;  // set when the last pending message is taken

    /// Queues a copy, within the bounds; false when something was dropped.
    bool enqueue(const message_view& view);
    std::optional<message> take();
    /// Forgets what is pending: nobody can take it any more.
    void discard_pending();
    /// For one that has ended: forgets what the user gave, which may own this very subscription.
    void forget_callbacks();
    void end() {
        ended = true;
        changed.set();
    }

private:
    void pending_is_empty();
};

/// Subscriptions by sid. A sid is a slot and a generation, so finding one is an index and a late message for an ended
/// subscription finds nothing, however often its slot was used since.
class subscription_table {
public:
    /// Gives it a sid.
    void add(const std::shared_ptr<subscription_state>& state);
    subscription_state* find(std::uint64_t sid) const noexcept {
        const auto slot = sid & slot_mask;
        if (slot == 0 || slot > slots_.size()) return nullptr;
        auto* const state = slots_[slot - 1].state.get();
        return state != nullptr && state->sid == sid ? state : nullptr;
    }
    /// The state lives on until `forget_removed`, because its handler may be what removes it.
    void remove(std::uint64_t sid);
    /// Not while a handler runs. What ended states own goes with them, and may end further ones.
    void forget_removed() {
        if (!removed_.empty()) forget_all_removed();
    }
    std::vector<std::shared_ptr<subscription_state>> all() const;

private:
    void forget_all_removed();

    static constexpr std::uint64_t slot_bits = 24;
    static constexpr std::uint64_t slot_mask = (1U << slot_bits) - 1;
    struct entry {
        std::shared_ptr<subscription_state> state;
        std::uint64_t generation = 0;
    };
    std::vector<entry> slots_;
    std::vector<std::size_t> free_;
    std::vector<std::shared_ptr<subscription_state>> removed_;
};

}  // namespace mote::nats::detail
