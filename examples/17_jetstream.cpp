// Streams: publish and be sure, publish many, take, read in order, mirror. Needs a nats-server with --jetstream.

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/jetstream/publisher.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>

namespace asio = boost::asio;
namespace jetstream = mote::jetstream;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> publish(jetstream::context js) {
    jetstream::publish_options opts;
    opts.message_id = "order-1";  // stored once, however often it is sent within two minutes
    const auto first = co_await js.publish("orders.new", "tea", opts);
    const auto again = co_await js.publish("orders.new", "tea", opts);
    std::cout << first.stream << " has it" << (again.duplicate ? " once\n" : " twice\n");

    jetstream::publish_options wary;
    wary.expected_last_subject_sequence = 99;
    try {
        co_await js.publish("orders.new", "cake", wary);
    } catch (const jetstream::server_error& error) {
        if (error.code() == jetstream::errc::wrong_last_sequence) std::cout << error.description() << '\n';
    }
}

asio::awaitable<void> publish_many(jetstream::context js) {
    jetstream::publisher_options opts;
    opts.on_outcome = [](const jetstream::publish_outcome& seen) {
        if (seen.error) std::cout << "number " << seen.number << ": " << seen.error.message() << '\n';
    };
    jetstream::publisher out(js, opts);
    for (int i = 0; i < 10'000; ++i) co_await out.publish("orders.old", "biscuits");
    const auto unanswered = co_await out.complete(30s);
    std::cout << out.stats().stored << " stored, " << unanswered << " not answered\n";
}

asio::awaitable<void> take(jetstream::context js) {
    jetstream::consumer_config config;
    config.name = "shipping";
    config.filter_subjects = {"orders.new"};
    const auto info = co_await js.create_or_update_consumer("ORDERS", config);
    jetstream::pull_consumer shipping(js, info);
    auto orders = co_await shipping.fetch(1);  // waits 5 s for it, if need be
    for (auto& order : orders.deliveries) {
        std::cout << "ship " << order.payload() << '\n';
        order.ack();
    }
    co_await shipping.stop(5s);  // the acknowledgements have arrived
}

asio::awaitable<void> read(jetstream::context js) {
    auto reader = co_await jetstream::ordered_consumer::create(js, "COPY");
    const auto message = co_await reader.next(5s);
    if (message) std::cout << "the copy begins with " << message->message.payload() << '\n';
}

asio::awaitable<void> client() {
    nats::options opts = nats::options_from_environment();
    opts.name = "17_jetstream";
    const auto nc = co_await nats::connection::connect(opts);
    const jetstream::context js(nc);
    jetstream::stream_config config;
    config.name = "ORDERS";
    config.subjects = {"orders.>"};
    co_await js.create_stream(config);  // no error when it is there just so
    jetstream::stream_config copy;
    copy.name = "COPY";
    copy.mirror.emplace().name = "ORDERS";
    co_await js.create_stream(copy);
    co_await publish(js);
    co_await publish_many(js);
    co_await take(js);
    co_await read(js);
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
