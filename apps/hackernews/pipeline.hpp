#pragma once

#include <apps/hackernews/counters.hpp>
#include <apps/hackernews/service.hpp>
#include <apps/hackernews/slots.hpp>
#include <apps/hackernews/source.hpp>
#include <apps/hackernews/storage.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace hackernews {

inline constexpr std::string_view process_subject = "hn.process.id";
inline constexpr std::string_view process_stream = "HackerNews_process";

/// What the endpoints do, from the API to the bucket, to the sorted list, to the answer. Each function is one request;
/// any number of them go on side by side on the connection's executor. What a requester has to know is thrown as
/// service_error.
class pipeline {
public:
    pipeline(mote::nats::connection connection, storage storage, settings chosen);

    /// Has the work queue keep each id of the top stories, on `process_subject`, and then stores their list; returns how
    /// many.
    boost::asio::awaitable<std::size_t> fetch();
    /// The ids stored last, as a JSON array.
    boost::asio::awaitable<std::string> list();
    /// Gets the item that `text` names and stores it when it is a story. Counted; an error is logged and thrown.
    boost::asio::awaitable<std::variant<post, skip_reason>> process(std::string text);
    /// Ranks what is stored, stores that as the day's list, returns its name.
    boost::asio::awaitable<std::string> sort();
    /// The first posts of the newest list, as many as `text` says: `{"count":n,"posts":[...]}`.
    boost::asio::awaitable<std::string> top(std::string text);

    /// One round of `--every`: fetches, waits at most `patience` until the work queue is empty, sorts.
    boost::asio::awaitable<void> refresh(std::chrono::nanoseconds patience);
    /// Wakes and ends a refresh that waits, and begins no other.
    void stop_refreshing();

    const counters& counted() const noexcept { return counted_; }
    void log(std::string_view line) const;
    /// Ends the work with the API that is still going on.
    void close() { source_.close(); }

private:
    boost::asio::awaitable<std::variant<post, skip_reason>> fetch_and_store(item_id id);
    std::chrono::sys_seconds now() const;
    void count_failure(std::string line);
    void count_finished();
    boost::asio::awaitable<void> all_is_processed(std::chrono::steady_clock::time_point deadline);

    settings settings_;
    mote::nats::connection connection_;
    mote::jetstream::context js_;
    source source_;
    storage storage_;
    std::shared_ptr<slots> places_;  // towards the API
    counters counted_;
    mote::nats::async_event stop_waiting_;
    bool refreshing_ = true;
};

}  // namespace hackernews
