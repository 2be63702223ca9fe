#include <mote/http/client.hpp>

#include <mote/http/detail/engine.hpp>
#include <mote/http/detail/exchange.hpp>

#include <utility>

namespace mote::http {

namespace asio = boost::asio;

namespace {

// Holds the engine, not the client: the client may be destroyed while this waits.
asio::awaitable<response> perform(std::shared_ptr<detail::engine> engine, request asked) {
    detail::exchange exchange(engine->executor(), std::move(asked), engine->settings());
    const detail::engine::visit visit(*engine, exchange);
    for (unsigned retry = 0;; ++retry) {
        co_await exchange.until_done();
        if (retry >= engine->settings().options.retries || !exchange.worth_another_try()) co_return exchange.take();
        const auto delay = engine->rest(exchange, retry);
        co_await exchange.until_done(delay);
        if (!exchange.done()) engine->try_again(exchange);
    }
}

}  // namespace

client::client(asio::any_io_executor executor, client_options options)
    : engine_(std::make_shared<detail::engine>(std::move(executor), std::move(options))) {}

client::~client() { stop(); }

asio::awaitable<response> client::get(std::string url) { return perform(engine_, request(std::move(url))); }
asio::awaitable<response> client::send(request what) { return perform(engine_, std::move(what)); }

void client::stop() noexcept { engine_->close(); }

std::size_t client::in_flight() const noexcept { return engine_->in_flight(); }
std::size_t client::waiting() const noexcept { return engine_->waiting(); }
std::uint64_t client::retried() const noexcept { return engine_->retried(); }

}  // namespace mote::http
