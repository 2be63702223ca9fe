#pragma once

#include <mote/functions/function_store.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mote::functions {

namespace detail {
class bucket_mirror;
}

/// What a function_table tells, on the connection's executor.
struct table_hooks {
    /// A function that is new or was changed (null: it is gone). Not called for the same revision twice.
    std::function<void(const function_name&, const stored_function*)> on_change{};
    std::function<void(const std::string&)> on_trouble{};  ///< a description that cannot be read, a bucket that is away
};

/// All functions as the bucket has them now, in memory: what a node runs and a gateway finds. It follows every change.
/// All members on the connection's executor; not to be destroyed by its own hooks.
class function_table {
public:
    function_table(jetstream::context js, const function_store& store, table_hooks told = table_hooks());
    function_table(const function_table&) = delete;
    function_table& operator=(const function_table&) = delete;
    ~function_table();

    /// Until it knows all that was there; throws `nats::errc::timeout`.
    boost::asio::awaitable<void> ready(std::chrono::nanoseconds timeout);
    boost::asio::awaitable<void> stop();

    /// Null when there is none. Good until the next change.
    const stored_function* find(const function_name& name) const noexcept;
    const std::map<function_name, stored_function>& all() const noexcept { return functions_; }
    /// Up to which change of the bucket it knows all.
    kv::revision revision() const noexcept { return revision_; }

private:
    void on_entry(const kv::entry& found);
    void on_caught_up();
    void forget(const function_name& name);

    table_hooks told_;
    std::map<function_name, stored_function> functions_;
    kv::revision revision_ = 0;
    std::set<function_name> unseen_;  // while it is read again: those that have not come yet
    std::unique_ptr<detail::bucket_mirror> mirror_;
};

}  // namespace mote::functions
