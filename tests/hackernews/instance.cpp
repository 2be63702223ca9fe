#include <tests/hackernews/instance.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/kv/bucket.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <ostream>

namespace hackernews::test {
namespace {

namespace asio = boost::asio;
namespace nats = mote::nats;

nats::options options_for(const std::string& server_url) {
    nats::options options;
    options.servers = {server_url};
    options.reconnect.max_wait =
        std::chrono::milliseconds(250);  // a test that restarts the server should not wait long
    return options;
}

asio::awaitable<reply> make_request(nats::connection connection, std::string subject, std::string payload,
                                    std::chrono::seconds timeout) {
    nats::request_options options;
    options.timeout = timeout;
    const nats::message answer = co_await connection.request(subject, payload, options);
    reply made;
    if (const auto status = answer.headers().get("Nats-Service-Error-Code"))
        made.status = std::stoi(std::string(*status));
    if (const auto text = answer.headers().get("Nats-Service-Error")) made.error = *text;
    made.body = answer.payload();
    co_return made;
}

asio::awaitable<void> publish_and_flush(nats::connection connection, std::string subject, std::string payload) {
    connection.publish(subject, payload);
    co_await connection.flush();
}

asio::awaitable<mote::kv::bucket> open_bucket(nats::connection connection) {
    const mote::jetstream::context js(connection);
    co_return co_await mote::kv::bucket::open(js, "hacker_news");
}

asio::awaitable<std::map<std::string, std::string>> read_values(nats::connection connection) {
    const auto bucket = co_await open_bucket(connection);
    mote::kv::watch_options options;
    options.ignore_deletes = true;
    auto watcher = co_await bucket.watch(">", options);
    std::map<std::string, std::string> values;
    while (!watcher.caught_up()) {
        const auto entry = co_await watcher.next(std::chrono::seconds(10));
        if (entry)
            values[entry->key] = entry->value;
        else if (!watcher.caught_up())
            throw std::runtime_error("the values of the bucket did not come");
    }
    co_await watcher.stop();
    co_return values;
}

asio::awaitable<void> write_value(nats::connection connection, std::string key, std::string value) {
    const auto bucket = co_await open_bucket(connection);
    co_await bucket.put(key, value);
}

asio::awaitable<mote::objects::store> open_store(nats::connection connection) {
    const mote::jetstream::context js(connection);
    co_return co_await mote::objects::store::open(js, "hacker_news");
}

asio::awaitable<std::vector<std::string>> list_objects(nats::connection connection) {
    const auto store = co_await open_store(connection);
    const auto objects = co_await store.list();
    std::vector<std::string> names;
    for (const auto& each : objects) names.push_back(each.name);
    co_return names;
}

asio::awaitable<std::string> read_object(nats::connection connection, std::string name) {
    const auto store = co_await open_store(connection);
    co_return co_await store.get_bytes(name);
}

asio::awaitable<void> write_object(nats::connection connection, std::string name, std::string bytes) {
    const auto store = co_await open_store(connection);
    co_await store.put(name, bytes);
}

asio::awaitable<mote::jetstream::stream_state> state_of(nats::connection connection, std::string stream) {
    const mote::jetstream::context js(connection);
    const auto info = co_await js.stream(stream);
    co_return info.state;
}

/// Of a server that was killed, the stream may still have messages that its consumer knows to be done.
asio::awaitable<bool> wait_until_done(nats::connection connection, std::string queue, std::chrono::seconds timeout) {
    const mote::jetstream::context js(connection);
    asio::steady_timer pause(connection.executor());
    const auto limit = std::chrono::steady_clock::now() + timeout;
    while (std::chrono::steady_clock::now() < limit) {
        try {
            const auto work = co_await js.consumer(queue, queue);
            if (work.pending + work.ack_pending == 0) co_return true;
        } catch (const boost::system::system_error&) {
            // The server is away.
        }
        pause.expires_after(std::chrono::milliseconds(10));
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return false;
}

asio::awaitable<void> bound_messages(nats::connection connection, std::string stream, std::int32_t bytes) {
    const mote::jetstream::context js(connection);
    const auto info = co_await js.stream(stream);
    auto config = info.config;
    config.max_message_size = bytes;
    co_await js.update_stream(config);
}

asio::awaitable<void> drain(nats::connection connection) { co_await connection.drain(); }

asio::awaitable<std::unique_ptr<service>> start(nats::connection connection, settings chosen) {
    co_return co_await service::start(connection, chosen);
}

asio::awaitable<void> destroy(std::unique_ptr<service> service, nats::connection connection) {
    service.reset();
    connection.close();
    co_return;
}

}  // namespace

void PrintTo(const reply& each, std::ostream* out) {
    *out << "status " << each.status << ", error \"" << each.error << "\", body \"" << each.body << '"';
}

std::string key_of(std::int64_t id) { return "hn_post_" + std::to_string(id); }

user::user(const std::string& server_url)
    : connection_(thread_.run(nats::connection::connect(options_for(server_url)))) {}

user::~user() { thread_.run(destroy(nullptr, std::move(connection_))); }

reply user::request(std::string subject, std::string payload, std::chrono::seconds timeout) {
    return thread_.run(make_request(connection_, std::move(subject), std::move(payload), timeout));
}

void user::publish(std::string subject, std::string payload) {
    thread_.run(publish_and_flush(connection_, std::move(subject), std::move(payload)));
}

std::map<std::string, std::string> user::values() { return thread_.run(read_values(connection_)); }

std::uint64_t user::puts() {
    const auto state = thread_.run(state_of(connection_, "KV_hacker_news"));
    return state.last_sequence;
}

bool user::wait_until_processed(std::chrono::seconds timeout) {
    return thread_.run(wait_until_done(connection_, "HackerNews_process", timeout));
}

bool user::wait_until_stored(std::size_t values, std::chrono::seconds timeout) {
    const auto limit = std::chrono::steady_clock::now() + timeout;
    while (std::chrono::steady_clock::now() < limit) {
        if (this->values().size() >= values) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

void user::put_value(std::string key, std::string value) {
    thread_.run(write_value(connection_, std::move(key), std::move(value)));
}

void user::refuse_ids() { thread_.run(bound_messages(connection_, "HackerNews_process", 1)); }

std::vector<std::string> user::objects() { return thread_.run(list_objects(connection_)); }

std::string user::object(std::string name) { return thread_.run(read_object(connection_, std::move(name))); }

void user::put_object(std::string name, std::string bytes) {
    thread_.run(write_object(connection_, std::move(name), std::move(bytes)));
}

boost::json::value user::ask(std::string verb) {
    return boost::json::parse(request("$SRV." + verb + ".HackerNews").body);
}

instance::instance(const std::string& server_url, settings chosen) {
    chosen.on_progress = [kept = seen_](const counters& now) {
        const std::lock_guard lock(kept->mutex);
        kept->counted = now;
        kept->changed.notify_all();
    };
    chosen.log = [kept = seen_](std::string_view line) {
        const std::lock_guard lock(kept->mutex);
        kept->log.emplace_back(line);
    };
    connection_ = thread_.run(nats::connection::connect(options_for(server_url)));
    service_ = thread_.run(start(connection_, std::move(chosen)));
}

instance::~instance() {
    if (service_) thread_.run(destroy(std::move(service_), std::move(connection_)));
}

void instance::stop(std::chrono::seconds timeout) {
    thread_.run(service_->stop(timeout));
    thread_.run(drain(connection_));
    thread_.run(destroy(std::move(service_), std::move(connection_)));
}

counters instance::counted() const {
    const std::lock_guard lock(seen_->mutex);
    return seen_->counted;
}

std::vector<std::string> instance::log() const {
    const std::lock_guard lock(seen_->mutex);
    return seen_->log;
}

bool instance::wait_until(const std::function<bool(const counters&)>& condition,
                          std::chrono::milliseconds timeout) const {
    std::unique_lock lock(seen_->mutex);
    return seen_->changed.wait_for(lock, timeout, [&] { return condition(seen_->counted); });
}

}  // namespace hackernews::test
