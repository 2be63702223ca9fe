#pragma once

#include <mote/functions/bundle_digest.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/node/detail/node_parts.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <set>

namespace mote::node::detail {

/// Deletes bundles that nobody means any more, now and then. Of all nodes only the one whose id is the first does.
///
/// A deployment that is on its way has read what a name stands for, and its function is not in the table yet. So what had a
/// name at the last look is spared, and what was pushed since then, too. A deployment by digest of what had no name for so long may lose the race; its function says so.
class bundle_keeper : public std::enable_shared_from_this<bundle_keeper> {
public:
    /// `functions` may go when `stop` was called.
    bundle_keeper(std::shared_ptr<node_parts> parts, kv::bucket nodes, const functions::function_table& functions);

    void start();
    void stop() noexcept;

private:
    static boost::asio::awaitable<void> run(std::shared_ptr<bundle_keeper> self);
    static boost::asio::awaitable<void> look(std::shared_ptr<bundle_keeper> self);
    void add_used(std::set<functions::bundle_digest>& used) const;

    std::shared_ptr<node_parts> parts_;
    kv::bucket nodes_;
    const functions::function_table* functions_;  // null when stopped
    boost::asio::steady_timer timer_;
    std::optional<std::set<functions::bundle_digest>> meant_;  // by names or functions, at the last look
};

}  // namespace mote::node::detail
