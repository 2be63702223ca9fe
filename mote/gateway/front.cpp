#include <mote/gateway/front.hpp>

#include <mote/gateway/authorization.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/front_state.hpp>
#include <mote/http/status.hpp>

#include <exception>
#include <utility>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::nanoseconds patience = std::chrono::seconds(5);

bool is_hidden(const http::exchange& asked, offer what) {
    return what == offer::all_but_system && area_of(asked.path()) == area::system;
}

}  // namespace

front::front(nats::connection connection, front_options opts)
    : state_(std::make_unique<detail::front_state>(std::move(connection), std::move(opts))) {}

front::~front() = default;

asio::awaitable<void> front::start() { return state_->open_functions(); }

void front::stop_following() noexcept {
    if (state_->functions != nullptr) state_->functions->system().stop();
}

asio::awaitable<void> front::stop() {
    co_await state_->stop_opening();
    if (state_->functions != nullptr) co_await state_->functions->stop(patience);
    co_await state_->services.stop();
    if (state_->accesses) state_->accesses->flush();
}

std::size_t front::instances() const { return state_->services.instances(); }

void front::watch(std::function<std::size_t()> connections, std::function<std::size_t()> in_flight) {
    state_->connections = std::move(connections);
    state_->in_flight = std::move(in_flight);
}

asio::awaitable<void> front::handle(http::exchange& asked, offer what) {
    detail::front_request request(asked);
    auto& state = *state_;
    const bool hidden = is_hidden(asked, what);
    if (!hidden && state.answer_preflight(request)) co_return;
    state.open_to_origins(asked);
    int refused = 0;
    int broken = 0;
    std::exception_ptr failed;
    try {
        if (hidden) throw http::status_error(http::status::not_found, "nothing is here");
        co_await state.answer(request);
    } catch (const detail::broken_answer& half) {
        broken = half.status();
        failed = std::current_exception();
    } catch (const http::status_error& wrong) {
        refused = wrong.status();
        failed = std::current_exception();
    } catch (const std::exception&) {
        refused = asked.gone() ? 0 : http::status::internal_server_error;
        failed = std::current_exception();
    }
    detail::refuse_here(asked, failed);
    const int answered = asked.status() != 0 ? asked.status() : refused;
    state.log(request, broken != 0 ? broken : answered);
    if (failed) std::rethrow_exception(failed);
}

/// Whoever watches over a gateway asks often, and a busy one should answer that with next to no work.
bool front::answer_health(http::exchange& asked) {
    if (asked.path() != "/healthz") return false;
    detail::front_request request(asked);
    if (!state_->services.answer_health(asked)) return false;
    state_->log(request, asked.status());
    return true;
}

/// A gateway that is busy is well. All else is the server's to refuse, and a page may know of that, too.
bool front::answer_past_bound(http::exchange& asked) {
    state_->open_to_origins(asked);
    return answer_health(asked);
}

bool front::begin(http::exchange& asked, offer what) {
    auto& state = *state_;
    // CORS and a login have more to say than yes.
    if (state.cross_origin.on() || detail::is_websocket(asked)) return false;
    if (answer_health(asked)) return true;
    if (state.functions == nullptr || !asked.path().starts_with(detail::calls_prefix)) return false;
    if (is_hidden(asked, what)) return false;
    if (state.guard && (state.opts.protect_functions || area_of(asked.path()) == area::system)) return false;
    return state.functions->calls().begin(std::make_shared<detail::front_call>(state, asked));
}

http::server_handler front::handler(offer what) {
    return http::server_handler([this, what](http::exchange& asked) { return begin(asked, what); },
                                [this, what](http::exchange& asked) { return handle(asked, what); })
        .with_full([this](http::exchange& asked) { return answer_past_bound(asked); });
}

void front::refused(const http::refused_request& request) { state_->log(request); }

asio::awaitable<void> front::operate(http::exchange& asked) {
    if (asked.path() == "/healthz") {
        if (state_->connection.status() == nats::connection_status::connected)
            co_return asked.respond(detail::text_answer(http::status::ok, "OK"));
        co_return asked.respond(detail::server_is_away());
    }
    if (asked.path() != "/metrics")
        co_return asked.respond(detail::text_answer(http::status::not_found, "here are /metrics and /healthz"));
    http::response answer;
    answer.status = http::status::ok;
    answer.headers.emplace_back("Content-Type", gateway_metrics::content_type);
    answer.body = co_await state_->metrics_text();
    asked.respond(answer);
}

}  // namespace mote::gateway
