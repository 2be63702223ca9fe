// What the framework adds to a handler, of which each round prints one line, in nanoseconds of processor time:
//   TYPED MIDDLEWARE COUNTERS
// TYPED: what a request to a typed endpoint costs more than one to a raw one, JSON of 200 bytes in and out.
// MIDDLEWARE: one middleware that does nothing around an inline handler, measured as eight against none.
// COUNTERS: the histogram and the counters of one request.
// The service has a thread and a connection of its own, and only that thread's time is counted; the load comes from here.
#include <mote/micro.hpp>
#include <mote/micro/detail/load.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <pthread.h>
#include <random>
#include <string>
#include <thread>
#include <time.h>
#include <vector>

struct parcel {
    std::string id;
    std::string customer;
    std::string street;
    std::string city;
    int weight = 0;
    bool express = false;
    std::vector<int> items;
    std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(parcel, (), (id, customer, street, city, weight, express, items, notes))

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int requests = 100000;
constexpr int events = 300000;
constexpr int window = 64;
constexpr int middlewares = 8;

double seconds_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

mote::nats::options options_of(const std::string& url) {
    mote::nats::options opts;
    opts.servers = {url};
    return opts;
}

/// The service, on a thread of its own.
class served {
public:
    explicit served(const std::string& url) : service_(config()) {
        service_.endpoint("raw", [](mote::request& req) { req.respond(req.data()); });
        service_.endpoint("typed", [](const parcel& in) { return in; });
        mote::micro::endpoint_options around;
        service_.endpoint("bare", [](mote::event&) {});
        for (int i = 0; i < middlewares; ++i)
            around.middleware.emplace_back([](mote::request& req, mote::next next) { next(req); });
        service_.endpoint("wrapped", [](mote::event&) {}, around);
        auto started = asio::co_spawn(context_, start(url), asio::use_future);
        thread_ = std::thread([this] { context_.run(); });
        started.get();
        pthread_getcpuclockid(thread_.native_handle(), &clock_);
    }
    served(const served&) = delete;
    served& operator=(const served&) = delete;
    ~served() {
        connection_.close();
        thread_.join();
    }

    double cpu() const { return seconds_of(clock_); }

private:
    static mote::service_config config() {
        mote::service_config made;
        made.name = "Bench";
        made.version = "1.0.0";
        return made;
    }
    asio::awaitable<void> start(std::string url) {
        connection_ = co_await mote::nats::connection::connect(options_of(url));
        co_await service_.start(connection_);
    }

    asio::io_context context_{1};
    mote::service service_;
    mote::nats::connection connection_;
    std::thread thread_;
    clockid_t clock_{};
};

/// Nanoseconds a request, with `window` of them in flight.
asio::awaitable<double> cost_of_request(mote::nats::connection connection, const served& service, std::string subject,
                                        std::string payload) {
    mote::nats::async_event done(co_await asio::this_coro::executor);
    const auto inbox = connection.new_inbox();
    const mote::nats::headers none;
    int sent = 0;
    int answered = 0;
    const auto send = [&] {
        ++sent;
        connection.publish(subject, inbox, payload, none);
    };
    const auto replies = connection.subscribe(inbox, [&](const mote::nats::message_view& reply) {
        if (reply.payload.size() != payload.size()) std::abort();
        if (sent < requests) send();
        if (++answered == requests) done.set();
    });
    const double before = service.cpu();
    while (sent < window) send();
    const bool all = co_await done.wait_for(60s);
    if (!all) throw std::runtime_error("no answers from " + subject);
    co_return (service.cpu() - before) / requests * 1e9;
}

/// Nanoseconds an event. The answer to a request behind them proves that all have been handled.
asio::awaitable<double> cost_of_event(mote::nats::connection connection, const served& service, std::string subject) {
    const double before = service.cpu();
    for (int i = 0; i < events; ++i) {
        connection.publish(subject, "0123456789abcdef");
        if (i % 1000 == 999) co_await connection.flush();
    }
    co_await connection.request("raw", {});
    co_return (service.cpu() - before) / events * 1e9;
}

/// Nanoseconds of the histogram and the counters of a request.
double cost_of_counters() {
    constexpr int count = 10'000'000;
    std::array<std::chrono::nanoseconds, 1024> times;
    std::minstd_rand random(1);
    for (auto& each : times) each = std::chrono::nanoseconds(random() % 3'000'000);
    mote::micro::detail::load load;
    mote::micro::endpoint_stats counts;
    const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (std::size_t i = 0; i < count; ++i) {
        const auto took = times[i % times.size()];
        ++counts.requests;
        ++counts.in_flight;
        counts.bytes_in += 200;
        asm volatile("" : : "g"(&load), "g"(&counts) : "memory");
        counts.processing_time += took;
        load.add(took);
        counts.bytes_out += 200;
        --counts.in_flight;
        asm volatile("" : : "g"(&load), "g"(&counts) : "memory");
    }
    return (seconds_of(CLOCK_THREAD_CPUTIME_ID) - before) / count * 1e9;
}

parcel example() {
    parcel made;
    made.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    made.customer = "Ada Lovelace";
    made.street = "12 St James's Square";
    made.city = "London";
    made.weight = 1250;
    made.express = true;
    made.items = {7, 42, 1815, 1852};
    made.notes = {"ring twice", "at back"};
    return made;
}

asio::awaitable<void> measure(std::string url, int rounds) {
    const served service(url);
    const auto connection = co_await mote::nats::connection::connect(options_of(url));
    std::string json;
    mote::micro::codec<parcel>::encode(example(), json);
    std::fprintf(stderr, "typed: %zu bytes of JSON\n", json.size());
    for (int round = 0; round <= rounds; ++round) {
        const double raw = co_await cost_of_request(connection, service, "raw", json);
        const double typed = co_await cost_of_request(connection, service, "typed", json);
        const double bare = co_await cost_of_event(connection, service, "bare");
        const double wrapped = co_await cost_of_event(connection, service, "wrapped");
        const double counters = cost_of_counters();
        if (round == 0) continue;  // to warm up
        std::fprintf(stderr, "round %d: raw %.0f, typed %.0f; bare %.0f, wrapped %.0f; counters %.1f ns\n", round, raw,
                     typed, bare, wrapped, counters);
        std::printf("%.1f %.2f %.2f\n", typed - raw, (wrapped - bare) / middlewares, counters);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_handlers nats://HOST:PORT ROUNDS\n");
        return 2;
    }
    asio::io_context context(1);
    auto done = asio::co_spawn(context, measure(argv[1], std::atoi(argv[2])), asio::use_future);
    context.run();
    try {
        done.get();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_handlers: %s\n", failed.what());
        return 1;
    }
    return 0;
}
