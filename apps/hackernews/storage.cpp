#include <apps/hackernews/storage.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/nats/error.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace hackernews {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::string_view ids_key = "hn_ids_latest";
constexpr std::string_view post_prefix = "hn_post_";
constexpr std::string_view list_prefix = "hn_posts_";
constexpr std::size_t day_length = 10;  // YYYY-MM-DD
constexpr auto fresh = 10min;           // well below the time that a post lives
constexpr int put_tries = 6;
constexpr auto first_wait = 100ms;   // doubled for each further try
constexpr auto watch_patience = 5s;  // for the next of the entries that are there already
constexpr int read_tries = 3;

/// What may pass by itself when the server comes back.
bool is_passing(const boost::system::error_code& error) {
    return error == mote::nats::errc::timeout || error == mote::nats::errc::disconnected ||
           error == mote::nats::errc::no_responders || error == mote::jetstream::errc::no_stream_response ||
           error == mote::jetstream::errc::not_enabled || error == mote::jetstream::errc::insufficient_resources;
}

std::string key_of(item_id id) { return std::string(post_prefix) + std::to_string(id); }

std::string to_json(const std::vector<post>& posts) {
    json::array list;
    list.reserve(posts.size());
    for (const post& each : posts) list.push_back(to_value(each));
    return json::serialize(list);
}

std::vector<post> list_from_json(const std::string& name, const std::string& text) {
    boost::system::error_code error;
    const json::value list = json::parse(text, error);
    if (error || !list.is_array()) throw std::runtime_error("object " + name + " is not a list of posts");
    std::vector<post> posts;
    for (const json::value& value : list.get_array()) {
        auto each = post_from(value);
        if (!each) throw std::runtime_error("object " + name + " is not a list of posts");
        posts.push_back(*std::move(each));
    }
    return posts;
}

bool is_list_name(std::string_view name) {
    return name.starts_with(list_prefix) && name.size() == list_prefix.size() + day_length;
}

asio::awaitable<void> pause(asio::any_io_executor executor, std::chrono::milliseconds duration) {
    asio::steady_timer timer(executor, duration);
    co_await timer.async_wait(asio::deferred);
}

}  // namespace

asio::awaitable<storage> storage::open(mote::nats::connection connection) {
    const mote::jetstream::context js(connection);
    mote::kv::bucket_config bucket_config{.bucket = "hacker_news", .description = "Hacker News posts", .ttl = 1h};
    auto bucket = co_await mote::kv::bucket::create_or_open(js, bucket_config);
    mote::objects::store_config store_config{.store = "hacker_news",
                                             .description = "Hacker News posts, sorted, by day"};
    auto store = co_await mote::objects::store::create_or_open(js, store_config);
    co_return storage(std::move(connection), std::move(bucket), std::move(store));
}

asio::awaitable<void> storage::put_ids(std::string json_array) const { co_await bucket_.put(ids_key, json_array); }

asio::awaitable<std::optional<std::string>> storage::ids() const {
    auto found = co_await bucket_.get(std::string(ids_key));
    if (!found) co_return std::nullopt;
    co_return std::move(found->value);
}

asio::awaitable<void> storage::put(post each) const {
    const std::string key = key_of(each.id);
    const std::string value = hackernews::to_json(each);
    for (int attempt = 1;; ++attempt) {
        try {
            const auto created = co_await bucket_.create(key, value);
            if (created) co_return;
            const auto there = co_await bucket_.get(key);
            const bool same = there && there->value == value;
            if (same && std::chrono::system_clock::now() - there->created < fresh) co_return;
            co_await bucket_.put(key, value);
            co_return;
        } catch (const boost::system::system_error& error) {
            if (attempt == put_tries || !is_passing(error.code())) throw;
        }
        co_await pause(connection_.executor(), first_wait * (1 << (attempt - 1)));
    }
}

asio::awaitable<std::vector<post>> storage::posts() const {
    const mote::kv::watch_options only_values{.ignore_deletes = true};
    auto watcher = co_await bucket_.watch(">", only_values);
    std::vector<post> found;
    while (!watcher.caught_up()) {
        const auto entry = co_await watcher.next(watch_patience);
        if (!entry) {
            if (!watcher.caught_up()) mote::nats::throw_error(mote::nats::errc::timeout, "reading the stored posts");
            break;
        }
        if (!entry->key.starts_with(post_prefix)) continue;
        // What something else has put there is not ours to sort.
        if (auto each = post_from_json(entry->value)) found.push_back(*std::move(each));
    }
    co_await watcher.stop();
    co_return found;
}

asio::awaitable<std::string> storage::put_sorted(std::string day, std::vector<post> sorted) const {
    std::string name = std::string(list_prefix) + day;
    co_await store_.put(name, to_json(sorted));
    co_return name;
}

asio::awaitable<std::optional<std::string>> storage::newest_object(std::string day) const {
    std::string todays = std::string(list_prefix) + day;
    const auto known = co_await store_.info(todays);
    if (known) co_return todays;
    std::optional<std::string> newest;
    const auto objects = co_await store_.list();
    for (const auto& each : objects)
        if (!each.deleted && is_list_name(each.name) && (!newest || *newest < each.name)) newest = each.name;
    co_return newest;
}

asio::awaitable<std::optional<std::vector<post>>> storage::newest_sorted(std::string day) const {
    for (int attempt = 1;; ++attempt) {
        const auto name = co_await newest_object(day);
        if (!name) co_return std::nullopt;
        try {
            const std::string text = co_await store_.get_bytes(*name);
            co_return list_from_json(*name, text);
        } catch (const boost::system::system_error& error) {
            // The list was replaced while it was read: its chunks are gone, the new ones are there.
            const bool replaced = error.code() == mote::objects::errc::object_changed ||
                                  error.code() == mote::objects::errc::corrupt ||
                                  error.code() == mote::objects::errc::object_not_found;
            if (attempt == read_tries || !replaced) throw;
        }
    }
}

}  // namespace hackernews
