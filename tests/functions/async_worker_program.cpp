// A worker in a process of its own, for async_loss_test, which kills it.
//   usage: async_worker_program URL

#include <mote/functions/async_worker.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

namespace {

namespace asio = boost::asio;
namespace functions = mote::functions;

asio::awaitable<void> work(std::string url) {
    mote::nats::options opts;
    opts.servers = {std::move(url)};
    const auto connection = co_await mote::nats::connection::connect(opts);
    const mote::jetstream::context js(connection);
    auto store = co_await functions::function_store::open(js);
    functions::function_table table(js, store);
    co_await table.ready(std::chrono::seconds(10));
    functions::async_worker_options as_asked;
    as_asked.ack_wait = std::chrono::seconds(1);
    as_asked.look_every = std::chrono::milliseconds(200);
    functions::async_worker worker(js, store, table, as_asked);
    co_await worker.start();
    std::puts("working");
    std::fflush(stdout);
    asio::steady_timer forever(connection.executor(), std::chrono::hours(1));
    co_await forever.async_wait(asio::use_awaitable);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    asio::io_context loop(1);
    asio::co_spawn(loop, work(argv[1]), [&loop](const std::exception_ptr& failed) {
        loop.stop();
        if (failed) std::rethrow_exception(failed);
    });
    loop.run();
    return 1;
}
