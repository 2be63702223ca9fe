// Two services, one of which asks the other: the caller's deadline and trace go along. Try:
//   nats req -H 'Mote-Deadline-Ms: 200' trips.plan Moon; nats req trips.plan Rome; nats micro stats Fares

#include <mote/micro.hpp>
#include <mote/micro/middleware/tracing.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace micro = mote::micro;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

/// What waits for a caller that has gone is cancelled, and counted as expired.
asio::awaitable<int> price(std::string to) {
    asio::steady_timer thinking(co_await asio::this_coro::executor, to == "Moon" ? 1h : 0h);
    co_await thinking.async_wait(asio::use_awaitable);
    co_return static_cast<int>(to.size()) * 100;
}

asio::awaitable<void> plan(mote::client others, mote::request req) {
    mote::call_options opts;
    opts.deadline = req.deadline();  // the other service gets what is left of our caller's time
    if (const auto trace = micro::trace_of(req)) micro::inject(opts.headers, *trace);
    const int fare = co_await others.call<int>("Fares", "price", std::string(req.data()), opts);
    req.respond(std::string(req.data()) + " for " + std::to_string(fare));
}

/// One step of a trace. `micro::trace_exporter` sends them to an OpenTelemetry collector instead.
void show(const micro::span& each) {
    std::cout << each.name << (each.parent ? " below another span" : " begins a trace") << " trace "
              << each.context.trace_id_hex() << '\n'
              << std::flush;
}

mote::service traced(const std::string& name) {
    return mote::service{{.name = name, .version = "1.0.0", .middleware = {micro::tracing(name, show)}}};
}

asio::awaitable<void> serve() {
    nats::options opts = nats::options_from_environment();
    opts.name = "08_deadlines_and_traces";
    const auto nc = co_await nats::connection::connect(opts);

    mote::service fares = traced("Fares");
    fares.group("fares").endpoint("price", price);
    mote::service trips = traced("Trips");
    trips.group("trips").endpoint("plan", std::bind_front(plan, mote::client(nc)));
    co_await fares.start(nc);
    co_await trips.start(nc);

    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    co_await signals.async_wait(asio::use_awaitable);
    co_await trips.stop();
    co_await fares.stop();
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, serve(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
