#pragma once

#include <mote/micro/span.hpp>
#include <mote/micro/version_range.hpp>
#include <mote/nats/headers.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mote::micro {

/// How a client looks for services, and how long it waits where a call says nothing.
struct client_options {
    std::chrono::nanoseconds timeout{std::chrono::seconds(5)};  ///< of a call, in all
    /// How old what is known of a service may be when it is used. From half of that age on it is looked up again in
    /// the background, so a service that is called all the time costs no call a wait.
    std::chrono::nanoseconds max_age{std::chrono::seconds(30)};
    std::chrono::nanoseconds lookup_timeout{std::chrono::seconds(2)};       ///< for INFO of all instances
    std::chrono::nanoseconds lookup_stall{std::chrono::milliseconds(300)};  ///< no instance more after so long a pause
    std::size_t max_services = 1024;  ///< known at once; past it the one that was looked up longest ago is forgotten
    /// Gets a span of each call when it has ended: below the one that the headers of the call name, as `within` sets it, or
    /// the begin of a trace. What is asked belongs below it. Nothing for a trace that is not recorded. Empty: no spans.
    span_sink spans{};
};

/// When a call is asked a second time although the first question may still be answered: the first reply wins, and the
/// caller does not wait for a slow or lost instance. The second question goes to another instance where all of those that
/// share the endpoint advertise direct subjects (`mote.direct`), as services of mote do; else the server may choose the
/// same one again.
///
///     {.idempotent = true, .hedge = true}   after the time within which 95 % of the recent replies came
///     {.idempotent = true, .hedge = 20ms}   after 20 ms
class hedging {
public:
    hedging() = default;  ///< never
    /// After the 95th percentile of the endpoint's recent replies to this client, once there are 20 of them. That asks
    /// for one question more in twenty calls.
    hedging(std::same_as<bool> auto on) : on_(on) {}
    template <class Rep, class Period>
    hedging(std::chrono::duration<Rep, Period> delay) : on_(true), delay_(delay) {}

    bool on() const noexcept { return on_; }
    const std::optional<std::chrono::nanoseconds>& delay() const noexcept { return delay_; }

private:
    bool on_ = false;
    std::optional<std::chrono::nanoseconds> delay_;
};

/// How one call is made. By default the endpoint is asked once, as only the caller knows whether twice does harm.
struct call_options {
    std::chrono::nanoseconds timeout{0};  ///< in all, with the lookup and all tries; 0: client_options::timeout
    /// Not later than this either: what is left of the request that a handler makes the call for.
    std::optional<std::chrono::steady_clock::time_point> deadline{};
    nats::headers headers{};
    /// Twice does no harm: allows more tries and hedging.
    bool idempotent = false;
    /// How often an idempotent call is made when nobody is there (no responders, service not found): while it restarts.
    int max_tries = 4;
    /// Before the second try; twice as long before each further one, at most 2 s, minus up to half of it at random.
    std::chrono::nanoseconds backoff{std::chrono::milliseconds(50)};
    hedging hedge{};         ///< only if idempotent
    std::string instance{};  ///< only this one, by its id; it has to advertise a direct subject
    /// Only instances within it; if those are not all, they have to advertise direct subjects.
    version_range version{};
    std::string subject{};  ///< for an endpoint whose subject has wildcards: the whole subject, which has to match it
};

/// How all instances of a service are asked.
struct gather_options {
    std::chrono::nanoseconds timeout{0};  ///< in all, with the lookup; 0: client_options::timeout
    std::optional<std::chrono::steady_clock::time_point> deadline{};
    std::chrono::nanoseconds stall{0};  ///< gives up on the others when no reply came for so long after one; 0: off
    std::size_t max_replies = 0;        ///< enough replies, errors included; 0: all
    nats::headers headers{};
    version_range version{};  ///< only instances within it
    /// How old the list of instances may be. 0: they are looked up first, which takes `lookup_stall` more.
    std::chrono::nanoseconds max_age{0};
};

/// What became of the question to one instance: either `reply` or `error` is there.
template <class Reply>
struct instance_reply {
    std::string id{};  ///< empty where replies do not tell whose they are: see `client::call_all`
    std::string version{};
    std::optional<Reply> reply{};
    std::exception_ptr error{};        ///< a `service_error`, or a `boost::system::system_error`
    boost::system::error_code code{};  ///< of `error`

    /// The reply; throws `error` when there is none.
    const Reply& value() const {
        if (!reply) std::rethrow_exception(error);
        return *reply;
    }
};

}  // namespace mote::micro
