// A Key-Value bucket: put, get, compare and set, history, watch; a mirror and a codec. Needs a nats-server with --jetstream.

#include <mote/kv/bucket.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>

namespace asio = boost::asio;
namespace kv = mote::kv;
namespace nats = mote::nats;
using namespace std::chrono_literals;

namespace {

asio::awaitable<void> use(kv::bucket settings) {
    const kv::revision first = co_await settings.put("colour", "red");

    // Absent keys and lost races are answers, not exceptions.
    const std::optional<kv::entry> shape = co_await settings.get("shape");
    std::cout << "shape is " << (shape ? shape->value : "not set") << '\n';
    const kv::result<kv::revision> blue = co_await settings.update("colour", "blue", first);
    const kv::result<kv::revision> green = co_await settings.update("colour", "green", first);
    if (blue && !green) std::cout << "green lost: " << green.error().message() << '\n';

    for (const kv::entry& old : co_await settings.history("colour")) std::cout << "colour was " << old.value << '\n';
}

asio::awaitable<void> follow(kv::bucket settings) {
    auto changes = co_await settings.watch();
    for (;;) {
        const auto entry = co_await changes.next(5s);  // in a statement of its own: see docs/traps.md
        if (!entry) break;
        std::cout << entry->key << " is " << entry->value << '\n';
    }
    std::cout << (changes.caught_up() ? "that is all there is\n" : "nothing came for 5 s\n");
    co_await changes.stop();
}

asio::awaitable<void> keep_any_key(kv::bucket settings) {
    const auto pages = settings.with_codec(kv::base64_key_codec());
    co_await pages.put("https://example.org/?q=1", "a page");
    for (const std::string& key : co_await pages.keys()) std::cout << "there is " << key << '\n';
    co_await pages.del("https://example.org/?q=1");
}

asio::awaitable<void> use_a_copy(mote::jetstream::context js) {
    kv::bucket_config config;
    config.bucket = "settings_nearby";
    config.mirror.emplace();
    config.mirror->name = "settings";
    const auto nearby = co_await kv::bucket::create_or_open(js, config);
    auto changes = co_await nearby.watch("colour");
    co_await nearby.put("colour", "green");  // goes to the origin, and comes back from there
    std::string colour;
    for (int tries = 0; colour != "green" && tries < 10; ++tries) {
        const auto entry = co_await changes.next(5s);
        if (entry) colour = entry->value;
    }
    std::cout << "nearby colour is " << colour << '\n';
}

asio::awaitable<void> client() {
    nats::options opts = nats::options_from_environment();
    opts.name = "11_key_value";
    const auto nc = co_await nats::connection::connect(opts);
    const mote::jetstream::context js(nc);

    kv::bucket_config config;
    config.bucket = "settings";
    config.history = 5;
    const auto settings = co_await kv::bucket::create_or_open(js, config);
    co_await use(settings);
    co_await follow(settings);
    co_await keep_any_key(settings);
    co_await use_a_copy(js);
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
