#pragma once

#include <mote/micro/info.hpp>
#include <mote/micro/request.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

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

struct endpoint_options {
    std::string subject{};  ///< without the prefix of its groups; empty: the endpoint's name
    micro::queue_group queue_group{};
    micro::metadata metadata{};
    /// Bound of the calls of a coroutine handler that are going on at once; past it a request is answered
    /// 429 `too many requests` and counted as an error. Inline handlers need none: the socket holds the line.
    std::size_t max_in_flight = 65536;
};

struct group_options {
    micro::queue_group queue_group{};
};

namespace detail {

using inline_request_handler = std::function<void(request&)>;
using coroutine_request_handler = std::function<boost::asio::awaitable<void>(request)>;
using inline_event_handler = std::function<void(event&)>;
using coroutine_event_handler = std::function<boost::asio::awaitable<void>(event)>;
using any_handler =
    std::variant<inline_request_handler, coroutine_request_handler, inline_event_handler, coroutine_event_handler>;

template <class Handler, class Argument, class Result>
concept returns =
    std::is_invocable_v<Handler&, Argument> && std::is_same_v<std::invoke_result_t<Handler&, Argument>, Result>;

template <class>
inline constexpr bool always_false = false;

/// Chooses the kind of endpoint by the handler's signature, at compile time.
template <class Handler>
any_handler make_handler(Handler&& function) {
    using decayed = std::decay_t<Handler>;
    if constexpr (returns<decayed, request&, void>)
        return inline_request_handler(std::forward<Handler>(function));
    else if constexpr (returns<decayed, request, boost::asio::awaitable<void>>)
        return coroutine_request_handler(std::forward<Handler>(function));
    else if constexpr (returns<decayed, event&, void>)
        return inline_event_handler(std::forward<Handler>(function));
    else if constexpr (returns<decayed, event, boost::asio::awaitable<void>>)
        return coroutine_event_handler(std::forward<Handler>(function));
    else
        static_assert(always_false<decayed>,
                      "a handler is void(request&), awaitable<void>(request), void(event&) or awaitable<void>(event)");
}

}  // namespace detail
}  // namespace mote::micro
