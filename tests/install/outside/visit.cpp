// Uses something of every library, and the service of the other program.

#include <mote/http/client.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/json/schema.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/micro.hpp>
#include <mote/micro/client.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/nats/environment.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;
namespace micro = mote::micro;
namespace nats = mote::nats;

namespace {

struct visitor {
    std::string name;
    int visits = 0;
};
BOOST_DESCRIBE_STRUCT(visitor, (), (name, visits))

void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("not so: ") + what);
}

asio::awaitable<void> wait_for_echo(nats::connection nc) {
    micro::discovery discovery(nc);
    micro::discovery_options asked;
    asked.name = "Echo";
    asked.max_replies = 1;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while ((co_await discovery.ping(asked)).empty())
        expect(std::chrono::steady_clock::now() < deadline, "the echo service is there");
}

asio::awaitable<void> visit() {
    nats::options opts = nats::options_from_environment();
    opts.name = "visit";
    const auto nc = co_await nats::connection::connect(opts);
    co_await wait_for_echo(nc);
    const nats::message reply = co_await micro::call(nc, "echo", "hello");
    expect(reply.payload() == "hello", "echo answers what it got");

    const mote::jetstream::context js(nc);
    mote::kv::bucket_config bucket_config;
    bucket_config.bucket = "outside";
    const auto bucket = co_await mote::kv::bucket::create_or_open(js, bucket_config);
    co_await bucket.put("key", "value");
    const auto entry = co_await bucket.get("key");
    expect(entry && entry->value == "value", "a value that was put is there");

    mote::objects::store_config store_config;
    store_config.store = "outside";
    const auto store = co_await mote::objects::store::create_or_open(js, store_config);
    co_await store.put("object", "bytes");
    expect(co_await store.get_bytes("object") == "bytes", "an object that was put is there");

    const std::string text = R"({"name":"outside","visits":2})";
    expect(mote::json::encode(mote::json::decode<visitor>(text)) == text, "JSON is what it was");
    expect(mote::json::schema<visitor>().find("visits") != std::string::npos, "a schema has the members");

    mote::http::client http(nc.executor());
    bool refused = false;
    try {
        co_await http.get("ftp://127.0.0.1/");
    } catch (const boost::system::system_error& error) {
        refused = error.code() == mote::http::errc::bad_url;
    }
    expect(refused, "the HTTP client refuses ftp");
    std::cout << "all of mote works\n";
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, visit(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
