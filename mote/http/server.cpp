#include <mote/http/server.hpp>

#include <mote/http/detail/server_core.hpp>

#include <utility>

namespace mote::http {

namespace asio = boost::asio;

namespace {

// How long handlers that were cancelled have to end.
constexpr std::chrono::nanoseconds last_patience = std::chrono::seconds(1);

// Holds the core, not the server: that may be destroyed while this waits.
asio::awaitable<void> stop_core(std::shared_ptr<detail::server_core> core, std::chrono::nanoseconds patience) {
    core->close_door();
    co_await core->until_empty(patience);
    core->abort_all();
    co_await core->until_empty(last_patience);
}

}  // namespace

server::server(asio::any_io_executor executor, server_options options, server_handler handler)
    : core_(std::make_shared<detail::server_core>(std::move(executor), std::move(options), std::move(handler))) {
    core_->open();
}

server::~server() {
    core_->close_door();
    core_->abort_all();
}

std::uint16_t server::port() const noexcept { return core_->port(); }
asio::awaitable<void> server::stop(std::chrono::nanoseconds patience) { return stop_core(core_, patience); }
std::size_t server::connections() const noexcept { return core_->connections(); }
std::size_t server::in_flight() const noexcept { return core_->in_flight(); }
std::uint64_t server::requests() const noexcept { return core_->requests(); }

}  // namespace mote::http
