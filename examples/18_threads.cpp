// Threads: a connection for programs without coroutines, shared by several threads; and requests of a coroutine connection
// from a thread that is not its own.

#include <mote/jetstream/context.hpp>
#include <mote/nats/blocking.hpp>
#include <mote/nats/environment.hpp>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

void without_coroutines(const nats::blocking_connection& nc) {
    auto doubled = nc.subscribe("double", [&](const nats::message_view& asked) {
        nc.async().respond(asked, std::to_string(2 * std::stoi(std::string(asked.payload))));
    });
    std::cout << "twice 21 is " << nc.request("double", "21").payload() << '\n';

    auto orders = nc.subscribe("orders.*");
    nc.publish("orders.tea", "3");
    const auto order = orders.next(5s);
    if (order) std::cout << order->subject() << ": " << order->payload() << '\n';
}

void from_several_threads(const nats::blocking_connection& nc) {
    auto echo =
        nc.subscribe("echo", [&](const nats::message_view& asked) { nc.async().respond(asked, asked.payload); });
    std::atomic<int> answers = 0;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&, number] {
            if (nc.request("echo", std::to_string(number)).payload() == std::to_string(number)) ++answers;
        });
    for (auto& thread : threads) thread.join();
    std::cout << answers << " threads were answered\n";
}

void what_has_no_blocking_call(const nats::blocking_connection& nc) {
    const mote::jetstream::context js(nc.async());
    const auto account = nc.run([&] { return js.account(); });
    std::cout << "streams: " << account.streams << '\n';
}

asio::awaitable<void> ask(nats::connection nc, std::string subject) {
    const auto reply = co_await nc.request(subject, "from another loop");  // goes on on this thread
    std::cout << reply.payload() << '\n';
}

void a_loop_of_its_own(const nats::blocking_connection& nc) {
    auto echo =
        nc.subscribe("echo", [&](const nats::message_view& asked) { nc.async().respond(asked, asked.payload); });
    std::thread other([shared = nc.async()] {
        asio::io_context io(1);
        asio::co_spawn(io, ask(shared, "echo"), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io.run();
    });
    other.join();
}

}  // namespace

int main() try {
    nats::options opts = nats::options_from_environment();
    opts.name = "18_threads";
    const nats::blocking_connection nc(opts);
    without_coroutines(nc);
    from_several_threads(nc);
    what_has_no_blocking_call(nc);
    a_loop_of_its_own(nc);
    nc.drain();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
