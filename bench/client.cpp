// The client beside nats.go: the same cases as bench/peers/client-go, one a process.
//   bench_client URL CASE COUNT BYTES WINDOW
// Prints messages (or operations)/s, CPU ns of each, and the peak of resident memory in kB. CASE:
//   pub        publishes COUNT messages, then flushes            sub        receives COUNT messages with a handler
//   blast      publishes COUNT messages once `ready` is asked for, for the two `sub`s
//   request    COUNT requests, WINDOW at a time                  respond    answers them until it is ended
//   js-fill    a stream in memory with COUNT messages            js-pub     COUNT publishes with acks, WINDOW in flight
//   js-ordered reads COUNT messages in order
//   kv-put, kv-get        COUNT operations on 1000 keys, WINDOW at a time
//   obj-put, obj-get      an object of BYTES, COUNT times: rate in bytes/s, CPU ns of a KiB
//   subs       makes COUNT subscriptions: bytes of memory each in place of the CPU
//   idle       does nothing for COUNT seconds: CPU ns a second       file-js-pub, file-obj-put, ...   the same, kept in files
#include <mote/jetstream/context.hpp>
#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/jetstream/publisher.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace jetstream = mote::jetstream;
using mote::nats::connection;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* subject = "bench.client";
constexpr const char* stream = "BENCHCLIENT";
constexpr const char* in_files = "BENCHFILES";  // a bucket or store that is not in memory
constexpr const char* stored = "bench.stored";  // the stream's own: it answers, too
constexpr int keys = 1000;

struct task {
    connection nc;
    int count;
    std::size_t bytes;
    int window;
    std::string payload;
    jetstream::storage_type storage = jetstream::storage_type::memory;
};

std::int64_t cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// From its making to `print`.
class meter {
public:
    void print(double things, double costed) const {
        const std::chrono::duration<double> taken = clock::now() - began_;
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        std::printf("%.0f %.1f %ld\n", things / taken.count(), static_cast<double>(cpu_ns() - cpu_) / costed,
                    used.ru_maxrss);
    }
    void print(int things) const { print(things, things); }

private:
    clock::time_point began_ = clock::now();
    std::int64_t cpu_ = cpu_ns();
};

// ---- core

/// At the pace of the socket, as nats.go's Publish, which waits for it.
asio::awaitable<void> pub(const task& work) {
    const meter measured;
    for (int i = 0; i < work.count; ++i) {
        if (!work.nc.has_room()) co_await work.nc.room(60s);
        work.nc.publish(subject, work.payload);
    }
    co_await work.nc.flush(60s);
    measured.print(work.count);
}

/// Answers to `ready` when it may begin: the receiver is subscribed. At the pace of the server, which holds what a receiver has not
/// taken yet and drops one that is far behind.
asio::awaitable<void> blast(const task& work) {
    auto ready = work.nc.subscribe("bench.ready");
    co_await work.nc.flush();
    std::puts("listening");
    std::fflush(stdout);
    const auto asked = co_await ready.next(60s);
    if (!asked) throw std::runtime_error("nobody was ready");
    std::size_t unflushed = 0;
    for (int i = 0; i < work.count; ++i) {
        work.nc.publish(subject, work.payload);
        unflushed += work.bytes + 32;
        if (unflushed < 2'000'000) continue;
        co_await work.nc.flush(60s);
        unflushed = 0;
    }
    co_await work.nc.flush(60s);
}

asio::awaitable<void> sub(const task& work) {
    mote::nats::async_event done(work.nc.executor());
    int seen = 0;
    std::optional<meter> measured;
    auto receiving = work.nc.subscribe(subject, [&](const mote::nats::message_view&) {
        if (seen++ == 0) measured.emplace();
        if (seen == work.count) done.set();
    });
    co_await work.nc.flush();
    work.nc.publish("bench.ready", "");
    const bool all = co_await done.wait_for(120s);
    if (!all) throw std::runtime_error("only " + std::to_string(seen) + " came");
    measured->print(work.count);
}

asio::awaitable<void> respond(const task& work) {
    auto echo = work.nc.subscribe(
        subject, [&](const mote::nats::message_view& asked) { work.nc.respond(asked, asked.payload); });
    co_await work.nc.flush();
    std::puts("listening");
    std::fflush(stdout);
    mote::nats::async_event never(work.nc.executor());
    const bool ended = co_await never.wait_for(600s);
    if (ended) co_return;
}

// ---- some at a time

/// What each of the workers does again and again until all is done.
using operation = asio::awaitable<void> (*)(const task&, const std::shared_ptr<void>&, int number);

asio::awaitable<void> worker(const task& work, operation each, std::shared_ptr<void> with, int& next, int& running,
                             mote::nats::async_event& done) {
    while (next < work.count) {
        const int number = next++;
        co_await each(work, with, number);
    }
    if (--running == 0) done.set();
}

asio::awaitable<void> side_by_side(const task& work, operation each, std::shared_ptr<void> with) {
    mote::nats::async_event done(work.nc.executor());
    int next = 0;
    int running = work.window;
    std::exception_ptr failed;
    const meter measured;
    for (int i = 0; i < work.window; ++i)
        asio::co_spawn(work.nc.executor(), worker(work, each, with, next, running, done),
                       [&](std::exception_ptr thrown) {
                           if (thrown == nullptr) return;
                           failed = std::move(thrown);
                           done.set();
                       });
    const bool all = co_await done.wait_for(300s);
    if (failed) std::rethrow_exception(failed);
    if (!all) throw std::runtime_error("not all was done in time");
    measured.print(work.count);
}

asio::awaitable<void> one_request(const task& work, const std::shared_ptr<void>&, int) {
    const auto reply = co_await work.nc.request(subject, work.payload);
    if (reply.payload().size() != work.bytes) throw std::runtime_error("another answer");
}

asio::awaitable<void> one_put(const task& work, const std::shared_ptr<void>& with, int number) {
    const auto& bucket = *static_cast<const mote::kv::bucket*>(with.get());
    co_await bucket.put("key." + std::to_string(number % keys), work.payload);
}

asio::awaitable<void> one_get(const task& work, const std::shared_ptr<void>& with, int number) {
    const auto& bucket = *static_cast<const mote::kv::bucket*>(with.get());
    const auto found = co_await bucket.get("key." + std::to_string(number % keys));
    if (!found || found->value.size() != work.bytes) throw std::runtime_error("another value");
}

// ---- JetStream, Key-Value, objects: all in memory, so that the disk is no part of it

asio::awaitable<jetstream::context> new_stream(const task& work) {
    const jetstream::context js(work.nc);
    try {
        co_await js.delete_stream(stream);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    jetstream::stream_config config;
    config.name = stream;
    config.subjects = {stored};
    config.storage = work.storage;
    co_await js.create_stream(config);
    co_return js;
}

asio::awaitable<void> publish_with_acks(const jetstream::context& js, const task& work) {
    jetstream::publisher_options opts;
    opts.max_in_flight = static_cast<std::size_t>(work.window);
    jetstream::publisher publisher(js, opts);
    for (int i = 0; i < work.count; ++i) co_await publisher.publish(stored, work.payload);
    co_await publisher.complete(120s);
    if (publisher.stats().stored != static_cast<std::uint64_t>(work.count))
        throw std::runtime_error("not all was acknowledged");
}

asio::awaitable<void> js_fill(const task& work) {
    const auto js = co_await new_stream(work);
    co_await publish_with_acks(js, work);
}

asio::awaitable<void> js_pub(const task& work) {
    const auto js = co_await new_stream(work);
    const meter measured;
    if (work.window == 1) {
        for (int i = 0; i < work.count; ++i) co_await js.publish(stored, work.payload);
    } else {
        co_await publish_with_acks(js, work);
    }
    measured.print(work.count);
}

asio::awaitable<void> js_ordered(const task& work) {
    const jetstream::context js(work.nc);
    const meter measured;
    auto reading = co_await jetstream::ordered_consumer::create(js, stream);
    for (int i = 0; i < work.count; ++i) {
        const auto came = co_await reading.next(30s);
        if (!came) throw std::runtime_error("only " + std::to_string(i) + " came");
    }
    measured.print(work.count);
    co_await reading.stop();
}

asio::awaitable<std::shared_ptr<void>> bucket_of(const task& work, bool filled) {
    const jetstream::context js(work.nc);
    mote::kv::bucket_config config;
    config.bucket = work.storage == jetstream::storage_type::file ? in_files : stream;
    config.storage = work.storage;
    auto made = co_await mote::kv::bucket::create_or_open(js, config);
    if (filled)
        for (int i = 0; i < keys; ++i) co_await made.put("key." + std::to_string(i), work.payload);
    co_return std::make_shared<mote::kv::bucket>(std::move(made));
}

asio::awaitable<void> kv_put(const task& work) {
    auto bucket = co_await bucket_of(work, false);
    co_await side_by_side(work, one_put, std::move(bucket));
}

asio::awaitable<void> kv_get(const task& work) {
    auto bucket = co_await bucket_of(work, true);
    co_await side_by_side(work, one_get, std::move(bucket));
}

asio::awaitable<mote::objects::store> store_of(const task& work) {
    const jetstream::context js(work.nc);
    mote::objects::store_config config;
    config.store = work.storage == jetstream::storage_type::file ? in_files : stream;
    config.storage = work.storage;
    co_return co_await mote::objects::store::create_or_open(js, config);
}

/// Pieces of the whole, made as they are asked for.
asio::awaitable<std::string> piece(std::shared_ptr<std::size_t> left) {
    const auto size = std::min<std::size_t>(*left, 128 * 1024);
    *left -= size;
    co_return std::string(size, 'x');
}

asio::awaitable<void> put_object(const mote::objects::store& store, std::size_t bytes) {
    mote::objects::object_meta meta;
    meta.name = "object";
    mote::objects::source from = std::bind(piece, std::make_shared<std::size_t>(bytes));
    co_await store.put(std::move(meta), std::move(from));
}

asio::awaitable<void> obj_put(const task& work) {
    const auto store = co_await store_of(work);
    const meter measured;
    for (int i = 0; i < work.count; ++i) co_await put_object(store, work.bytes);
    const auto all = static_cast<double>(work.bytes) * work.count;
    measured.print(all, all / 1024);
}

asio::awaitable<void> obj_get(const task& work) {
    const auto store = co_await store_of(work);
    co_await put_object(store, work.bytes);
    const meter measured;
    for (int i = 0; i < work.count; ++i) {
        auto reading = co_await store.get("object");
        std::size_t size = 0;
        for (;;) {
            const auto part = co_await reading.next();
            if (!part) break;
            size += part->size();
        }
        if (size != work.bytes) throw std::runtime_error("another object");
    }
    const auto all = static_cast<double>(work.bytes) * work.count;
    measured.print(all, all / 1024);
}

// ---- what being there costs

asio::awaitable<void> subs(const task& work) {
    std::vector<mote::nats::subscription> all;
    all.reserve(static_cast<std::size_t>(work.count));
    co_await work.nc.flush();
    const auto before = mallinfo2().uordblks;
    const auto began = clock::now();
    for (int i = 0; i < work.count; ++i)
        all.push_back(work.nc.subscribe("bench.many." + std::to_string(i), [](const mote::nats::message_view&) {}));
    co_await work.nc.flush();
    const std::chrono::duration<double> taken = clock::now() - began;
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    std::printf("%.0f %.1f %ld\n", work.count / taken.count(),
                static_cast<double>(mallinfo2().uordblks - before) / work.count, used.ru_maxrss);
}

asio::awaitable<void> idle(const task& work) {
    asio::steady_timer pause(work.nc.executor(), std::chrono::seconds(work.count));
    const meter measured;
    co_await pause.async_wait(asio::use_awaitable);
    measured.print(work.count);
}

struct named {
    std::string_view name;
    asio::awaitable<void> (*run)(const task&);
};
constexpr named cases[] = {{"pub", pub},
                           {"blast", blast},
                           {"sub", sub},
                           {"respond", respond},
                           {"js-fill", js_fill},
                           {"js-pub", js_pub},
                           {"js-ordered", js_ordered},
                           {"kv-put", kv_put},
                           {"kv-get", kv_get},
                           {"obj-put", obj_put},
                           {"obj-get", obj_get},
                           {"subs", subs},
                           {"idle", idle}};

asio::awaitable<void> chosen(std::string url, std::string name, int count, std::size_t bytes, int window) {
    mote::nats::options opts;
    opts.servers = {url};
    task work;
    work.nc = co_await connection::connect(opts);
    work.count = count;
    work.bytes = bytes;
    work.window = window;
    constexpr std::string_view files = "file-";
    if (name.starts_with(files)) {
        work.storage = jetstream::storage_type::file;
        name.erase(0, files.size());
    }
    if (!name.starts_with("obj-")) work.payload.assign(bytes, 'x');
    if (name == "request") co_await side_by_side(work, one_request, nullptr);
    for (const auto& each : cases)
        if (each.name == name) co_await each.run(work);
    work.nc.close();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr, "usage: bench_client URL CASE COUNT BYTES WINDOW\n");
        return 2;
    }
    asio::io_context context(1);
    auto done =
        asio::co_spawn(context, chosen(argv[1], argv[2], std::atoi(argv[3]), std::stoul(argv[4]), std::atoi(argv[5])),
                       asio::use_future);
    context.run();
    try {
        done.get();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_client %s: %s\n", argv[2], failed.what());
        return 1;
    }
    return 0;
}
