#pragma once

#include <mote/micro/detail/handler_form.hpp>
#include <mote/micro/request.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mote::micro {

class middleware;

namespace detail {
struct chain;
boost::asio::awaitable<void> run_call(const chain& way, request req);
}  // namespace detail

/// The rest of a request's way: the further middleware, then the handler. A light value.
class next {
public:
    /// In an inline middleware: runs the rest; returns when the handler has ended, throws what it throws.
    void operator()(request& req) const;
    /// In a coroutine middleware, the same: `co_await next.rest(req)`.
    boost::asio::awaitable<void> rest(request& req) const;

private:
    friend class detail::endpoint_state;
    friend class detail::work_state;
    friend boost::asio::awaitable<void> detail::run_call(const detail::chain& way, request req);
    next(const detail::chain& chain, std::size_t at) noexcept : chain_(&chain), at_(at) {}
    const detail::chain* chain_;
    std::size_t at_;
};

/// How a request ended.
struct outcome {
    int status = 0;  ///< 200, or that of a service error; 0: nothing was answered (an event, or not yet)
    std::chrono::nanoseconds took{};  ///< from where the middleware stands to the end of the handler
};

/// A callable around handlers, for what concerns many of them. Give it to the service, a group or an endpoint; the outer
/// ones run first. It may answer and leave `next` out, throw (a `service_error` becomes the answer), and catch.
///
///     [](mote::request& req, mote::next next) { next(req); }                     // around inline handlers
///     [](mote::request& req, mote::next next) -> asio::awaitable<void> { co_await next.rest(req); }   // around all
///     mote::before([](mote::request& req) { ... })                               // all: only on the way in
///     mote::after([](const mote::request& req, const mote::outcome& ended) { ... })   // all: only on the way out
///
/// One that waits makes a coroutine of each call. An inline one around a handler that waits is refused when the endpoint
/// is added (`errc::bad_middleware`), because what it does behind `next` would come too early; so is an empty function.
/// Runs on the executor of the connection, or on that of the endpoint.
class middleware {
public:
    using inline_form = std::function<void(request&, next)>;
    using coroutine_form = std::function<boost::asio::awaitable<void>(request&, next)>;

    template <class Callable>
        requires(!std::is_same_v<std::decay_t<Callable>, middleware>) &&
                std::is_invocable_v<std::decay_t<Callable>&, request&, next>
    middleware(Callable&& callable) {
        using result = std::invoke_result_t<std::decay_t<Callable>&, request&, next>;
        if constexpr (std::is_void_v<result>)
            inline_ = std::forward<Callable>(callable);
        else
            coroutine_ = std::forward<Callable>(callable);
    }
    /// For one that can be both.
    middleware(inline_form for_inline, coroutine_form for_coroutines)
        : inline_(std::move(for_inline)), coroutine_(std::move(for_coroutines)) {}

    const inline_form& as_inline() const noexcept { return inline_; }
    const coroutine_form& as_coroutine() const noexcept { return coroutine_; }

private:
    inline_form inline_;
    coroutine_form coroutine_;
};

/// Runs on the way in, around every kind of handler. What answers or throws ends the way: the handler does not run.
/// Throws std::invalid_argument for an empty function.
middleware before(std::function<void(request&)> function);
/// Runs on the way out, around every kind of handler, also when it threw. Throws std::invalid_argument for an empty function.
middleware after(std::function<void(const request&, const outcome&)> function);

namespace detail {

/// The way of an endpoint's requests.
struct chain {
    /// Throws `errc::bad_middleware` for an inline one around something that waits, and for an empty one. `whose` is how
    /// the error names the endpoint.
    chain(std::vector<middleware> outer, any_handler innermost, const std::string& whose);
    /// Puts one around all others, in place of the one that was put there before. Not while calls are under way.
    void put_outermost(const middleware& outermost);

    std::vector<middleware> around;  // outermost first
    any_handler handler;
    /// The place in `around` from which on nothing waits; its size: only the handler; one more: nothing is inline.
    std::size_t inline_from = 0;
    bool has_outermost = false;
};

}  // namespace detail

inline void next::operator()(request& req) const {
    if (at_ == chain_->around.size()) return std::get<detail::inline_handler>(chain_->handler)(req);
    chain_->around[at_].as_inline()(req, next(*chain_, at_ + 1));
}

}  // namespace mote::micro
