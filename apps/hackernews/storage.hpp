#pragma once

#include <apps/hackernews/post.hpp>

#include <mote/kv/bucket.hpp>
#include <mote/nats/connection.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hackernews {

/// Where the service keeps things: KV bucket `hacker_news` (an hour), with the ids fetched last as `hn_ids_latest` and each
/// post as `hn_post_<id>`; object store `hacker_news`, with each day's sorted list as `hn_posts_<YYYY-MM-DD>`.
/// A light handle, copyable. Throws what the buckets throw.
class storage {
public:
    /// Opens both, made where they are missing. Throws jetstream `errc::not_enabled` where the server has no JetStream.
    static boost::asio::awaitable<storage> open(mote::nats::connection connection);

    boost::asio::awaitable<void> put_ids(std::string json_array) const;
    boost::asio::awaitable<std::optional<std::string>> ids() const;

    /// Tries again for some seconds while the server is away. What is there already and was stored in the last minutes is
    /// not stored again: work that is done twice, because an instance was killed, leaves one revision.
    boost::asio::awaitable<void> put(post each) const;
    /// Every post that is stored now, by whichever instance, in no order.
    boost::asio::awaitable<std::vector<post>> posts() const;

    /// Replaces the list of `day` (YYYY-MM-DD); returns the object's name.
    boost::asio::awaitable<std::string> put_sorted(std::string day, std::vector<post> sorted) const;
    /// The list of `day`, or else the newest there is; nothing when there is none.
    boost::asio::awaitable<std::optional<std::vector<post>>> newest_sorted(std::string day) const;

private:
    storage(mote::nats::connection connection, mote::kv::bucket bucket, mote::objects::store store)
        : connection_(std::move(connection)), bucket_(std::move(bucket)), store_(std::move(store)) {}
    boost::asio::awaitable<std::optional<std::string>> newest_object(std::string day) const;

    mote::nats::connection connection_;
    mote::kv::bucket bucket_;
    mote::objects::store store_;
};

}  // namespace hackernews
