// The work queue of the benchmarks: the stream BENCH on the subject `bench.work`.
//   fill file|memory COUNT   makes it anew and puts messages of 16 bytes into it
//   run MAX_IN_FLIGHT COUNT  a work endpoint that does nothing takes them: prints messages/s, CPU ns a message, from the
//                            first message until the server has all acks, and the longest wait for a message in ms
#include <mote/jetstream/context.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/micro.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <time.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace jetstream = mote::jetstream;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* stream = "BENCH";
constexpr const char* subject = "bench.work";

double cpu() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

asio::awaitable<void> fill(mote::nats::connection connection, bool memory, int count) {
    const jetstream::context js(connection);
    try {
        co_await js.delete_stream(stream);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    jetstream::stream_config config;
    config.name = stream;
    config.subjects = {subject};
    config.retention = jetstream::retention_policy::work_queue;
    config.storage = memory ? jetstream::storage_type::memory : jetstream::storage_type::file;
    co_await js.create_stream(config);
    for (int left = count; left > 0;) {
        std::vector<asio::awaitable<jetstream::publish_ack>> acks;  // each is sent at once
        for (const int last = std::max(left - 1000, 0); left > last; --left)
            acks.push_back(js.publish(subject, "0123456789abcdef"));
        for (auto& each : acks) co_await std::move(each);
    }
}

asio::awaitable<void> run(mote::nats::connection connection, std::size_t max_in_flight, int count) {
    mote::nats::async_event done(co_await asio::this_coro::executor);
    clock::time_point began;
    clock::time_point last;
    clock::duration longest{};
    double cpu_before = 0;
    int seen = 0;
    mote::service_config config;
    config.name = "Bench";
    config.version = "1.0.0";
    mote::service service(config);
    mote::micro::work_options opts;
    opts.subject = subject;
    opts.stream = stream;
    opts.max_in_flight = max_in_flight;
    service.work("work", opts, [&](mote::event&) {
        if (seen == 0) {
            began = last = clock::now();
            cpu_before = cpu();
        }
        const auto now = clock::now();
        longest = std::max(longest, now - last);
        last = now;
        if (++seen == count) done.set();
    });
    co_await service.start(connection);
    const bool all = co_await done.wait_for(120s);
    if (!all) throw std::runtime_error("only " + std::to_string(seen) + " messages came");
    co_await connection.flush();
    const std::chrono::duration<double> taken = clock::now() - began;
    std::printf("%.0f %.0f %ld\n", count / taken.count(), (cpu() - cpu_before) / count * 1e9,
                static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(longest).count()));
    co_await service.stop();
}

asio::awaitable<void> chosen(std::string url, std::string what, std::string how, int count) {
    mote::nats::options opts;
    opts.servers = {url};
    const auto connection = co_await mote::nats::connection::connect(opts);
    if (what == "fill")
        co_await fill(connection, how == "memory", count);
    else
        co_await run(connection, std::stoul(how), count);
    connection.close();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc == 5 ? argv[2] : "";
    if (what != "fill" && what != "run") {
        std::fprintf(stderr,
                     "usage: bench_work nats://HOST:PORT fill file|memory COUNT\n"
                     "       bench_work nats://HOST:PORT run MAX_IN_FLIGHT COUNT\n");
        return 2;
    }
    asio::io_context context(1);
    auto done = asio::co_spawn(context, chosen(argv[1], argv[2], argv[3], std::atoi(argv[4])), asio::use_future);
    context.run();
    try {
        done.get();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_work: %s\n", failed.what());
        return 1;
    }
    return 0;
}
