#include <mote/micro/middleware.hpp>

#include <mote/micro/detail/run_call.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/service_error.hpp>

#include <stdexcept>

namespace mote::micro {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// An inline rest of the way, as the end of one that is awaited.
asio::awaitable<void> run_inline(next rest, request* req) {
    rest(*req);
    co_return;
}

/// Tells `function` how it ended; to be called where an exception may be under way.
class ending {
public:
    ending(const std::function<void(const request&, const outcome&)>& function, const request& req)
        : function_(&function), request_(&req) {}

    void answered() const { (*function_)(*request_, {request_->status(), clock::now() - started_}); }
    void failed() const {
        const auto took = clock::now() - started_;
        try {
            throw;
        } catch (const service_error& error) {
            (*function_)(*request_, {error.status(), took});
        } catch (...) {
            (*function_)(*request_, {detail::status::internal_server_error, took});
        }
    }

private:
    const std::function<void(const request&, const outcome&)>* function_;
    const request* request_;
    clock::time_point started_ = clock::now();
};

using before_function = std::function<void(request&)>;
using after_function = std::function<void(const request&, const outcome&)>;

asio::awaitable<void> run_before(std::shared_ptr<const before_function> function, request* req, next rest) {
    (*function)(*req);
    if (req->status() == 0) co_await rest.rest(*req);
}

asio::awaitable<void> run_after(std::shared_ptr<const after_function> function, request* req, next rest) {
    const ending end(*function, *req);
    std::exception_ptr failed;
    try {
        co_await rest.rest(*req);
    } catch (...) {
        failed = std::current_exception();
    }
    if (failed == nullptr) co_return end.answered();
    try {
        std::rethrow_exception(failed);
    } catch (...) {
        end.failed();
        throw;
    }
}

}  // namespace

asio::awaitable<void> next::rest(request& req) const {
    if (at_ >= chain_->inline_from) return run_inline(*this, &req);
    if (at_ < chain_->around.size()) return chain_->around[at_].as_coroutine()(req, next(*chain_, at_ + 1));
    return std::get<detail::coroutine_handler>(chain_->handler)(request(req.call_.share()));
}

middleware before(before_function function) {
    if (!function) throw std::invalid_argument("before needs a function");
    const auto kept = std::make_shared<const before_function>(std::move(function));
    return {[kept](request& req, next rest) {
                (*kept)(req);
                if (req.status() == 0) rest(req);
            },
            [kept](request& req, next rest) { return run_before(kept, &req, rest); }};
}

middleware after(after_function function) {
    if (!function) throw std::invalid_argument("after needs a function");
    const auto kept = std::make_shared<const after_function>(std::move(function));
    return {[kept](request& req, next rest) {
                const ending end(*kept, req);
                try {
                    rest(req);
                } catch (...) {
                    end.failed();
                    throw;
                }
                end.answered();
            },
            [kept](request& req, next rest) { return run_after(kept, &req, rest); }};
}

namespace detail {
namespace {

/// Keeps the request while middleware is around its handler.
asio::awaitable<void> walk(next way, request req) { co_await way.rest(req); }

}  // namespace

asio::awaitable<void> run_call(const chain& way, request req) {
    if (way.around.empty() && std::holds_alternative<coroutine_handler>(way.handler))
        return std::get<coroutine_handler>(way.handler)(std::move(req));
    return walk(next(way, 0), std::move(req));
}

chain::chain(std::vector<middleware> outer, any_handler innermost, const std::string& whose)
    : around(std::move(outer)), handler(std::move(innermost)) {
    const auto all = around.size();
    const auto refuse = [&](std::size_t at, const std::string& why) {
        throw_error(errc::bad_middleware, whose + ": of its middleware the " + std::to_string(at + 1) + ". " + why);
    };
    for (std::size_t at = 0; at < all; ++at)
        if (!around[at].as_inline() && !around[at].as_coroutine()) refuse(at, "is empty");
    if (std::holds_alternative<coroutine_handler>(handler)) {
        inline_from = all + 1;
    } else {
        inline_from = all;
        while (inline_from != 0 && around[inline_from - 1].as_inline()) --inline_from;
    }
    for (std::size_t at = 0; at < all && at < inline_from; ++at)
        if (!around[at].as_coroutine()) refuse(at, "is inline, but what is inside of it waits: make it a coroutine");
}

void chain::put_outermost(const middleware& outermost) {
    auto all = around;
    if (has_outermost) all.erase(all.begin());
    all.insert(all.begin(), outermost);
    *this = chain(std::move(all), handler, "endpoint");
    has_outermost = true;
}

}  // namespace detail
}  // namespace mote::micro
