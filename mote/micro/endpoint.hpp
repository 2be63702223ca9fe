#pragma once

#include <mote/micro/info.hpp>
#include <mote/micro/middleware.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mote::micro {

/// Who shares the messages of an endpoint. By default what the group or the service above says, at the top `q`.
///
///     {.queue_group = "fetch"}                       one of the instances with this group gets a message
///     {.queue_group = mote::micro::no_queue_group}   every instance gets every message
class queue_group {
public:
    queue_group() = default;
    /// An empty name says nothing, as in a configuration that leaves it open.
    queue_group(std::string name) : kind_(name.empty() ? kind::inherited : kind::named), name_(std::move(name)) {}
    queue_group(const char* name) : queue_group(std::string(name)) {}
    static queue_group none() {
        queue_group group;
        group.kind_ = kind::none;
        return group;
    }

    /// The group that results below `parent`, which is a resolved name or empty for none.
    std::string resolve(const std::string& parent) const {
        if (kind_ == kind::inherited) return parent;
        return kind_ == kind::named ? name_ : std::string();
    }

private:
    enum class kind { inherited, none, named };
    kind kind_ = kind::inherited;
    std::string name_;
};

inline const queue_group no_queue_group = queue_group::none();

/// What becomes of a request for which neither a handler nor a place in the line is free.
enum class overflow {
    reject,  ///< it is answered 429 `too many requests`, and counted as an error
    drop,    ///< nothing is answered; it is counted
    wait,    ///< it waits all the same, up to 65,536 requests and 64 MiB; past that as `reject`
};

struct endpoint_options {
    std::string subject{};  ///< without the prefix of its groups; empty: the endpoint's name
    micro::queue_group queue_group{};
    micro::metadata metadata{};
    /// Bound of the calls that are going on at once. 1: one after the other, in their order. Inline handlers without
    /// threads need none: they are one at a time, and the socket holds the line.
    std::size_t max_in_flight = 1024;
    /// Bound of the requests that wait until one of those calls has ended, first come, first served. One whose caller has
    /// gone meanwhile (see `request::deadline`) is not begun.
    std::size_t max_waiting = 1024;
    overflow when_full = overflow::reject;
    /// For handlers that compute: so many threads of the endpoint's own run them, inline ones too. 0: the connection's.
    std::size_t threads = 0;
    /// Where handlers run instead, for a pool that is shared. Empty: on the connection's executor, or on `threads`.
    boost::asio::any_io_executor executor{};
    /// Around the handler, inside that of the service and of the groups.
    std::vector<micro::middleware> middleware{};
    /// Bytes of a request's body; a larger one is answered 400 before it is decoded. 0: what the server lets through
    /// (its `max_payload`).
    std::size_t max_body = 0;
    /// A coroutine handler is ended where it waits when its caller cancels the call: the gateway does, when its client has
    /// gone. false: it goes on, at the longest until the deadline.
    bool cancellable = true;
    /// How long a `reply_stream` waits for a caller that takes none of its items before it ends.
    std::chrono::nanoseconds reader_timeout{std::chrono::seconds(30)};
};

struct group_options {
    micro::queue_group queue_group{};
    std::vector<micro::middleware> middleware{};  ///< inside that of the service and of the outer groups
};

}  // namespace mote::micro
