// A client for the tests to put where they cannot go themselves: behind names of their own, or under a clock that jumps.
//     probe names URL          connects once, and says where and how long it took
//     probe clock URL FILE     works on while it makes the wall clock jump, by writing to the file that libfaketime reads
#include <mote/jetstream/context.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <tests/nats/live.hpp>

#include <fstream>
#include <iostream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using clock = std::chrono::steady_clock;

long milliseconds_since(clock::time_point begin) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin).count());
}

asio::awaitable<void> connect_by_name(std::string url) {
    nats::options opts;
    opts.servers = {std::move(url)};
    opts.connect_timeout = 3s;
    const auto begin = clock::now();
    const auto nc = co_await connection::connect(opts);
    std::cout << "connected to " << nc.server().server_name << " in " << milliseconds_since(begin) << " ms\n";
    auto sub = nc.subscribe("a");
    nc.publish("a", "x");
    const auto message = co_await sub.next(20s);
    if (!message) throw std::runtime_error("nothing came");
}

/// Throws when a wait of a known length took another time by the clock that does not jump.
void check_waited(const char* what, clock::time_point begin, std::chrono::milliseconds expected) {
    const auto took = milliseconds_since(begin);
    if (took < expected.count() || took > expected.count() + 15'000)
        throw std::runtime_error(std::string(what) + " took " + std::to_string(took) + " ms, not " +
                                 std::to_string(expected.count()));
}

/// Everything that waits, once.
asio::awaitable<void> work(connection nc, jetstream::pull_consumer& consumer, jetstream::context js) {
    for (int i = 0; i < 20; ++i) {
        const auto text = std::to_string(i);
        const auto answer = co_await nc.request("echo", text);
        if (answer.payload() != text) throw std::runtime_error("another answer");
    }
    auto begin = clock::now();
    nats::request_options short_one;
    short_one.timeout = 200ms;
    auto asking = nc.request("silent", "", short_one);
    const auto unanswered = co_await failure_of(std::move(asking));
    if (unanswered.code != nats::errc::timeout) throw std::runtime_error("no time-out: " + unanswered.text);
    check_waited("a request", begin, 200ms);
    begin = clock::now();
    const auto nothing = co_await consumer.next(200ms);
    if (nothing) throw std::runtime_error("a message from nowhere");
    check_waited("next", begin, 200ms);
    co_await js.publish("work", "job");
    auto job = co_await consumer.next(20s);
    if (!job) throw std::runtime_error("the job did not come");
    co_await job->ack_sync();
    co_await nc.flush();
}

/// Makes the wall clock jump, and waits until it has.
void jump(const std::string& file, const char* offset, std::chrono::hours expected, clock::time_point steady,
          std::chrono::system_clock::time_point wall) {
    std::ofstream(file) << offset << '\n';
    const auto begin = clock::now();
    for (;;) {
        const auto moved = (std::chrono::system_clock::now() - wall) - (clock::now() - steady);
        if (std::chrono::abs(moved - expected) < 1min) return;
        if (clock::now() - begin > 10s) throw std::runtime_error(std::string("the clock does not jump to ") + offset);
    }
}

asio::awaitable<void> work_through_jumps(std::string url, std::string file) {
    nats::options opts;
    opts.servers = {std::move(url)};
    opts.ping_interval = 50ms;
    opts.max_pings_out = 100;  // a busy machine is no dead server
    const event_log log;
    log.watch(opts);
    const auto nc = co_await connection::connect(opts);
    auto echo = nc.subscribe("echo", [nc](const nats::message_view& asked) { nc.respond(asked, asked.payload); });
    auto silent = nc.subscribe("silent", [](const nats::message_view&) {});
    const jetstream::context js(nc);
    jetstream::stream_config stream;
    stream.name = "WORK";
    stream.subjects = {"work"};
    co_await js.create_stream(stream);
    jetstream::consumer_config config;
    config.name = "workers";
    const auto info = co_await js.create_or_update_consumer("WORK", config);
    jetstream::pull_consumer consumer(js, info);
    const auto steady = clock::now();
    const auto wall = std::chrono::system_clock::now();
    co_await work(nc, consumer, js);
    jump(file, "+1d", 24h, steady, wall);
    co_await work(nc, consumer, js);
    jump(file, "-1d", -24h, steady, wall);
    co_await work(nc, consumer, js);
    jump(file, "+0", 0h, steady, wall);
    co_await work(nc, consumer, js);
    if (nc.stats().reconnects != 0) throw std::runtime_error("it reconnected:\n" + log.text());
    if (consumer.stats().troubles != 0) throw std::runtime_error("the consumer had trouble");
    std::cout << "worked through all jumps\n";
    co_await nc.drain();
}

int probe(const std::vector<std::string>& words) {
    asio::io_context loop(1);
    int result = 2;
    auto task = words.at(0) == "names" ? connect_by_name(words.at(1)) : work_through_jumps(words.at(1), words.at(2));
    asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& failed) {
        result = 0;
        try {
            if (failed) std::rethrow_exception(failed);
        } catch (const std::exception& thrown) {
            std::cerr << "probe: " << thrown.what() << '\n';
            result = 1;
        }
        loop.stop();
    });
    loop.run_for(60s);
    return result;
}

}  // namespace
}  // namespace mote::test

int main(int count, char** words) { return mote::test::probe({words + 1, words + count}); }
