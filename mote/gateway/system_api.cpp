#include <mote/gateway/system_api.hpp>

#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_routes.hpp>
#include <mote/http/status.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;

/// What became of a request: an answer, or nothing when it was sent already, or what is to be thrown.
struct outcome {
    std::optional<http::response> answer{};
    std::exception_ptr failed{};
    int status = 0;
};

/// For the exception that is being handled.
outcome failure(bool has_body) {
    outcome became;
    try {
        throw;
    } catch (const http::status_error& refused) {
        became.status = refused.status();
        if (has_body)
            became.answer = detail::text_answer(refused.status(), refused.what());
        else
            became.failed = std::current_exception();  // the server knows what to do with the rest of it
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == asio::error::operation_aborted) {
            became.status = http::status::caller_gone;
            became.failed = std::current_exception();
            return became;
        }
        try {
            became.answer = detail::refusal_of(failed);
            became.status = became.answer->status;
        } catch (...) {
            became.status = http::status::internal_server_error;
            became.failed = std::current_exception();
        }
    } catch (...) {
        became.status = http::status::internal_server_error;
        became.failed = std::current_exception();
    }
    return became;
}

asio::awaitable<std::optional<http::response>> answered(detail::system_state& state, const detail::system_route& route,
                                                        detail::system_request& request) {
    request.query = detail::query_values(request.asked.query());
    if (!route.from_memory && state.parts.connection.status() != nats::connection_status::connected)
        co_return detail::server_is_away();
    auto answer = co_await route.answer(state, request);
    co_return answer;
}

asio::awaitable<outcome> carry_out(detail::system_state& state, const detail::system_route& route,
                                   detail::system_request& request) {
    outcome became;
    bool has_body = false;
    try {
        if (route.changes) {
            request.body = co_await request.asked.read_body();
            // What has been begun is brought to its end, so that nothing is left half done when the peer goes.
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        }
        has_body = true;
        became.answer = co_await answered(state, route, request);
        became.status = became.answer ? became.answer->status : 0;
    } catch (...) {
        became = failure(has_body);
    }
    if (route.changes) co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_return became;
}

}  // namespace

system_api::system_api(system_parts parts, system_options opts)
    : state_(std::make_unique<detail::system_state>(std::move(parts), std::move(opts))) {}

system_api::~system_api() = default;

void system_api::stop() noexcept {
    state_->stopped = true;
    for (const auto& reader : state_->readers) reader->stop();
}

asio::awaitable<bool> system_api::handle(http::exchange& asked, verdict by) {
    auto found = detail::find_route(asked.method(), asked.path());
    if (found.allowed.empty()) co_return false;
    if (found.route == nullptr) {
        auto refused = detail::text_answer(http::status::method_not_allowed, "not this method");
        refused.headers.emplace_back("Allow", found.allowed);
        asked.respond(refused);
        co_return true;
    }
    detail::system_request request{asked};
    request.by = std::move(by);
    request.name = std::move(found.name);
    const auto became = co_await carry_out(*state_, *found.route, request);
    if (found.route->action && !request.audited)
        state_->audit(request, *found.route->action, request.object, became.status);
    if (became.failed) std::rethrow_exception(became.failed);
    if (became.answer) asked.respond(*became.answer);
    co_return true;
}

}  // namespace mote::gateway
