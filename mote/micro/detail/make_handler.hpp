#pragma once

#include <mote/micro/codec.hpp>
#include <mote/micro/detail/handler_form.hpp>
#include <mote/micro/detail/send_stream.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/micro/stream.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace mote::micro::detail {

template <class Handler, class Argument, class Result>
concept returns =
    std::is_invocable_v<Handler&, Argument> && std::is_same_v<std::invoke_result_t<Handler&, Argument>, Result>;

/// What a function that is not a template takes and gives.
template <class Function>
struct signature : signature<decltype(&Function::operator())> {};
template <class Result, class... Arguments>
struct signature<Result (*)(Arguments...)> {
    using result = Result;
    template <class Visitor>
    static auto with_arguments(Visitor visitor) {
        return visitor.template operator()<Arguments...>();
    }
};
template <class Result, class... Arguments>
struct signature<Result (*)(Arguments...) noexcept> : signature<Result (*)(Arguments...)> {};
template <class Class, class Result, class... Arguments>
struct signature<Result (Class::*)(Arguments...)> : signature<Result (*)(Arguments...)> {};
template <class Class, class Result, class... Arguments>
struct signature<Result (Class::*)(Arguments...) const> : signature<Result (*)(Arguments...)> {};
template <class Class, class Result, class... Arguments>
struct signature<Result (Class::*)(Arguments...) noexcept> : signature<Result (*)(Arguments...)> {};
template <class Class, class Result, class... Arguments>
struct signature<Result (Class::*)(Arguments...) const noexcept> : signature<Result (*)(Arguments...)> {};

template <class Function>
concept has_signature = requires { typename signature<std::decay_t<Function>>::result; };

template <class T>
struct awaited {
    using type = T;
    static constexpr bool waits = false;
};
template <class T>
struct awaited<boost::asio::awaitable<T>> {
    using type = T;
    static constexpr bool waits = true;
};

template <class T>
struct streamed {
    static constexpr bool streams = false;
};
template <class T>
struct streamed<reply_stream<T>> {
    using type = T;
    static constexpr bool streams = true;
};

/// The body of a request as a value; a 400 that says where it is wrong.
template <class In>
In decoded(const request& req) {
    try {
        return codec<In>::decode(req.data());
    } catch (const service_error&) {
        throw;
    } catch (const std::exception& failed) {
        throw service_error(400, failed.what());
    }
}

template <class Out>
void respond_with(request& req, const Out& value) {
    // Keeps its capacity: a typed reply costs no allocation. Not held across a wait.
    static thread_local std::string text;
    constexpr std::size_t kept = 64 * 1024;
    text.clear();
    codec<Out>::encode(value, text);
    req.respond(text);
    if (text.capacity() > kept) text = std::string();
}

/// The body of a request, for as long as its handler runs: that may take a reference to it.
template <class In>
struct kept_body {
    explicit kept_body(const request& req) : value(decoded<In>(req)) {}
    In value;
};
template <>
struct kept_body<void> {
    explicit kept_body(const request&) {}
};

template <class In>
constexpr bool is_body =
    (!std::is_lvalue_reference_v<In> || std::is_const_v<std::remove_reference_t<In>>) &&
    !std::is_same_v<std::remove_cvref_t<In>, request> && !std::is_same_v<std::remove_cvref_t<In>, event>;

/// How a typed handler is called: with the decoded body, the request, both or neither.
template <class Function, class... Arguments>
struct typed;

template <class Function>
struct typed<Function> {
    using in = void;
    static decltype(auto) call(Function& function, kept_body<in>&, request&) { return function(); }
};
template <class Function, class In>
struct typed<Function, In> {
    static_assert(is_body<In>,
                  "a typed handler takes its body by value or by const reference; a coroutine its request by value");
    using in = std::remove_cvref_t<In>;
    static decltype(auto) call(Function& function, kept_body<in>& body, request&) {
        return function(std::move(body.value));
    }
};
template <class Function, class In, class Request>
struct typed<Function, In, Request> {
    static_assert(is_body<In>, "a typed handler takes its body by value or by const reference");
    static_assert(std::is_same_v<std::remove_cvref_t<Request>, request>,
                  "a typed handler takes the body, and if it wants `request&` behind it");
    using in = std::remove_cvref_t<In>;
    static decltype(auto) call(Function& function, kept_body<in>& body, request& req) {
        return function(std::move(body.value), req);
    }
};

// Coroutines of their own, with all that they need as parameters: see docs/traps.md. The handler lives in the endpoint,
// which the request keeps.
template <class Typed, class Function>
boost::asio::awaitable<void> run_typed(Function* function, request req) {
    using out = typename awaited<typename signature<Function>::result>::type;
    kept_body<typename Typed::in> body(req);
    auto work = Typed::call(*function, body, req);
    if constexpr (std::is_void_v<out>) {
        co_await std::move(work);
        if (req.status() == 0) req.respond({});
    } else {
        const out value = co_await std::move(work);
        respond_with(req, value);
    }
}

template <class In>
void describe_request(described_handler& made) {
    if constexpr (!std::is_void_v<In>) {
        made.request_type = codec<In>::content_type;
        if constexpr (has_schema<In>) made.request_schema = codec<In>::schema();
    }
}
template <class Out>
void describe_response(described_handler& made) {
    if constexpr (!std::is_void_v<Out>) {
        made.response_type = codec<Out>::content_type;
        if constexpr (has_schema<Out>) made.response_schema = codec<Out>::schema();
    }
}

template <class Typed, class Function>
described_handler make_typed(Function function) {
    using result = typename signature<Function>::result;
    using out = typename awaited<result>::type;
    described_handler made;
    describe_request<typename Typed::in>(made);
    describe_response<out>(made);
    if constexpr (awaited<result>::waits) {
        const auto kept = std::make_shared<Function>(std::move(function));
        made.runs(
            coroutine_handler([kept](request req) { return run_typed<Typed, Function>(kept.get(), std::move(req)); }));
    } else {
        made.runs(inline_handler([function = std::move(function)](request& req) mutable {
            kept_body<typename Typed::in> body(req);
            if constexpr (std::is_void_v<out>) {
                Typed::call(function, body, req);
                if (req.status() == 0) req.respond({});
            } else {
                respond_with(req, Typed::call(function, body, req));
            }
        }));
    }
    return made;
}

/// How a streaming handler is called: with the decoded body and the context, the body alone, or neither.
template <class Function, class... Arguments>
struct streaming {
    static_assert(sizeof...(Arguments) == 0, "a streaming handler takes the body, and behind it a `stream_context`");
    using in = void;
    static auto call(Function& function, const request&) { return function(); }
};
template <class Function, class In>
struct streaming<Function, In> {
    static_assert(!std::is_reference_v<In>, "a streaming handler is a coroutine: it takes its body by value");
    using in = std::remove_cv_t<In>;
    static auto call(Function& function, const request& req) { return function(decoded<in>(req)); }
};
template <class Function, class In>
struct streaming<Function, In, stream_context> {
    static_assert(!std::is_reference_v<In>, "a streaming handler is a coroutine: it takes its body by value");
    using in = std::remove_cv_t<In>;
    static auto call(Function& function, const request& req) { return function(decoded<in>(req), context_of(req)); }
};

template <class Streaming, class Function>
boost::asio::awaitable<void> run_streaming(Function* function, request req) {
    auto items = Streaming::call(*function, req);
    auto sent = send_stream(std::move(items).release(), std::move(req));
    co_await std::move(sent);
}

template <class Streaming, class Function>
described_handler make_streaming(Function function) {
    described_handler made;
    made.streams = true;
    describe_request<typename Streaming::in>(made);
    describe_response<typename streamed<typename signature<Function>::result>::type>(made);
    const auto kept = std::make_shared<Function>(std::move(function));
    made.runs(coroutine_handler(
        [kept](request req) { return run_streaming<Streaming, Function>(kept.get(), std::move(req)); }));
    return made;
}

/// What becomes a `T` and a `const T&`, and no `T&&`.
template <class T>
struct fixed {
    operator const T() const;  // NOLINT(google-explicit-constructor,readability-const-return-type)
};
/// Then the coroutine has it in its own frame.
template <class Handler, class T>
concept takes_by_value = std::is_invocable_v<Handler&, fixed<T>> && !std::is_invocable_v<Handler&, const T&>;

/// For a coroutine that takes a reference: what it refers to lives until it has ended.
template <class Argument, class Function>
boost::asio::awaitable<void> run_referring(Function* function, Argument argument) {
    auto work = (*function)(std::move(argument));
    co_await std::move(work);
}

/// Of a coroutine that takes a request, or an event.
template <class Argument, class Function>
coroutine_handler make_coroutine(Function function) {
    if constexpr (!takes_by_value<Function, Argument>) {
        const auto kept = std::make_shared<Function>(std::move(function));
        return [kept](request req) { return run_referring<Argument>(kept.get(), Argument(std::move(req))); };
    } else if constexpr (std::is_same_v<Argument, request>) {
        return coroutine_handler(std::move(function));
    } else {
        return [function = std::move(function)](request req) mutable { return function(Argument(std::move(req))); };
    }
}

/// What can be empty: pointers and `std::function`, which can be set to null. A function itself cannot.
template <class Handler>
concept nullable = std::is_assignable_v<std::decay_t<Handler>&, std::nullptr_t> &&
                   !std::is_function_v<std::remove_reference_t<Handler>> &&
                   requires(const std::decay_t<Handler>& function) { function == nullptr; };

/// Chooses the kind of endpoint by the handler's signature, at compile time. Of an empty one nothing runs, which whoever
/// knows the name of the endpoint refuses.
template <class Handler>
described_handler make_handler(Handler&& function) {
    using decayed = std::decay_t<Handler>;
    described_handler made;
    if constexpr (nullable<Handler>)
        if (function == nullptr) return made;
    if constexpr (returns<decayed, request&, void>) {
        made.runs(inline_handler(std::forward<Handler>(function)));
    } else if constexpr (returns<decayed, request, boost::asio::awaitable<void>>) {
        made.runs(make_coroutine<request>(decayed(std::forward<Handler>(function))));
    } else if constexpr (returns<decayed, event&, void>) {
        made.kind = endpoint_kind::event;
        made.runs(inline_handler([function = decayed(std::forward<Handler>(function))](request& req) mutable {
            event seen(req);
            function(seen);
        }));
    } else if constexpr (returns<decayed, event, boost::asio::awaitable<void>>) {
        made.kind = endpoint_kind::event;
        made.runs(make_coroutine<event>(decayed(std::forward<Handler>(function))));
    } else {
        static_assert(has_signature<decayed>,
                      "a handler is void(request&), awaitable<void>(request), void(event&), awaitable<void>(event), "
                      "or typed: Out(In), awaitable<Out>(In), reply_stream<Out>(In)");
        return signature<decayed>::with_arguments([&]<class... Arguments>() {
            if constexpr (streamed<typename signature<decayed>::result>::streams)
                return make_streaming<streaming<decayed, Arguments...>>(decayed(std::forward<Handler>(function)));
            else
                return make_typed<typed<decayed, Arguments...>>(decayed(std::forward<Handler>(function)));
        });
    }
    return made;
}

}  // namespace mote::micro::detail
