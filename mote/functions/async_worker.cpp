#include <mote/functions/async_worker.hpp>

#include <mote/functions/detail/worker_core.hpp>

#include <utility>

namespace mote::functions {

namespace asio = boost::asio;

async_worker::async_worker(jetstream::context js, function_store store, const function_table& table,
                           async_worker_options opts)
    : core_(std::make_shared<detail::worker_core>(std::move(js), std::move(store), table, std::move(opts))) {}

async_worker::~async_worker() { core_->abandon(); }

asio::awaitable<void> async_worker::start() { return detail::worker_core::start(core_); }

asio::awaitable<std::size_t> async_worker::stop(std::chrono::nanoseconds timeout) {
    return detail::worker_core::stop(core_, timeout);
}

void async_worker::function_changed(const function_name& name) { core_->changed(name); }

async_worker_stats async_worker::stats() const { return core_->stats(); }

}  // namespace mote::functions
