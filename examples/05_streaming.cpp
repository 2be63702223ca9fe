// Many replies to one request. Without arguments it serves; with a number it reads so many squares, and then some more:
//   ./05_streaming & ./05_streaming 3; nats req --replies=0 --raw squares 3

#include <mote/micro.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe.hpp>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace nats = mote::nats;

struct square {
    long number = 0;
    long value = 0;
};
BOOST_DESCRIBE_STRUCT(square, (), (number, value))

namespace {

/// Runs only as far as the reader takes items. It may await other things between them, and throw.
mote::reply_stream<square> squares(long count) {
    if (count < 0) throw mote::service_error{400, "how many?"};
    for (long i = 1; i <= count; ++i) {
        const square each{i, i * i};  // named first: see docs/traps.md
        co_yield each;
    }
}

asio::awaitable<void> read(long count) {
    nats::options opts = nats::options_from_environment();
    opts.name = "05_streaming";
    const auto nc = co_await nats::connection::connect(opts);

    auto all = mote::read_stream<square>(nc, "squares", count);
    while (const auto each = co_await all.next()) std::cout << each->number << ": " << each->value << '\n';
    std::cout << "that were all " << all.received() << '\n';

    mote::stream_options few;
    few.window = 8;  // so many may be under way: no fast service floods a slow reader
    auto endless = mote::read_stream<square>(nc, "squares", 1'000'000'000L, few);
    for (int i = 0; i < 3; ++i) {
        const auto each = co_await endless.next();
        if (each) std::cout << each->value << '\n';
    }
    endless.cancel();  // the handler is ended where it stands
    co_await nc.drain();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc == 1) {
        mote::service maths{{.name = "Maths", .version = "1.0.0"}};
        maths.endpoint("squares", squares);
        return mote::run(maths);
    }
    asio::io_context io(1);
    asio::co_spawn(io, read(std::stol(argv[1])), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
