// Calls the service of 02_typed.cpp by its name and the names of its endpoints, with values in and out.

#include <mote/micro.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace micro = mote::micro;
namespace nats = mote::nats;
using namespace std::chrono_literals;

struct item {
    std::string name;
    int price = 0;
    int count = 1;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, count))

struct order {
    std::string customer;
    std::vector<item> items;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, items))

struct bill {
    int total = 0;  // members of a reply that nobody asks for are skipped
};
BOOST_DESCRIBE_STRUCT(bill, (), (total))

namespace {

asio::awaitable<void> buy(mote::client shops) {
    const int price = co_await shops.call<int>("Shop", "price", std::string("tea"));

    order mine;  // named first, as all that co_await is given: see docs/traps.md
    mine.customer = "Ada";
    mine.items = {{"tea", price, 2}};
    mote::call_options opts;
    opts.timeout = 2s;                            // in all: looking the service up, tries, pauses
    opts.version = micro::version_range("^1.0");  // only instances of these versions
    opts.idempotent = true;                       // twice does no harm: asked again when nobody is there for a moment,
    opts.hedge = 500ms;                           // and asked a second time when no reply came within half a second
    const auto made = co_await shops.call<bill>("Shop", "total", mine, opts);
    std::cout << "the bill is " << made.total << '\n';
}

asio::awaitable<void> ask_for(mote::client shops, std::string name, std::string endpoint) {
    try {
        co_await shops.call("Shop", endpoint, name);
    } catch (const mote::service_error& error) {  // what the service answered
        std::cout << error.status() << ": " << error.description() << '\n';
    } catch (const boost::system::system_error& error) {  // why it did not
        if (error.code() == micro::errc::not_found) std::cout << error.what() << '\n';
    }
}

asio::awaitable<void> client() {
    nats::options opts = nats::options_from_environment();
    opts.name = "06_client";
    const auto nc = co_await nats::connection::connect(opts);
    const mote::client shops(nc);
    co_await buy(shops);
    co_await ask_for(shops, "cake", "price");
    co_await ask_for(shops, "tea", "weight");
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, client(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
