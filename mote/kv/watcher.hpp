#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/kv/entry.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::kv {

namespace detail {
class snapshot;
struct layout;
}  // namespace detail

struct watch_options {
    bool include_history = false;
    bool updates_only = false;  ///< nothing of what is there already; not together with the one above or the last
    bool ignore_deletes = false;
    bool meta_only = false;        ///< entries without values
    kv::revision resume_from = 0;  ///< start at this revision
};

/// Follows changes of keys in order, over reconnects. First what is there, then one empty result as the mark that this is
/// all (at once with `updates_only`), then every change. One coroutine at a time; works only while `next` is awaited.
/// Move-only.
class watcher {
public:
    watcher(watcher&&) noexcept;
    watcher& operator=(watcher&&) noexcept;
    ~watcher();

    /// True once the mark was handed out.
    bool caught_up() const noexcept;
    /// The next entry; nothing as the mark (once), when `timeout` passed, or after `stop`. Throws
    /// `errc::bucket_not_found` when the bucket is gone, `nats::errc::closed` when the connection is.
    boost::asio::awaitable<std::optional<entry>> next(std::chrono::nanoseconds timeout);
    boost::asio::awaitable<void> stop();

private:
    friend class bucket;
    struct state;
    explicit watcher(std::shared_ptr<state> made);
    std::shared_ptr<state> state_;  // shared with a `next` under way
};

/// Hands out keys one after the other, for buckets with more of them than one wants in memory. One coroutine at a time.
/// Move-only.
class key_lister {
public:
    key_lister(key_lister&&) noexcept;
    key_lister& operator=(key_lister&&) noexcept;
    ~key_lister();

    /// The next key that has a value; nothing at the end. One that is changed meanwhile may come twice. Throws
    /// `nats::errc::timeout` when nothing comes for as long as a request may take, and what `watcher::next` throws.
    boost::asio::awaitable<std::optional<std::string>> next();

private:
    friend class bucket;
    explicit key_lister(std::shared_ptr<detail::snapshot> made);
    static boost::asio::awaitable<key_lister> open(jetstream::context js, std::shared_ptr<const detail::layout> where,
                                                   std::vector<std::string> subjects);
    std::shared_ptr<detail::snapshot> snapshot_;  // shared with a `next` under way
};

}  // namespace mote::kv
