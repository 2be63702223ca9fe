#include <mote/objects/store.hpp>

#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using boost::system::system_error;

namespace {

constexpr int max_replicas = 5;  // of the server

void check_config(const store_config& config) {
    detail::check_store(config.store);
    if (config.ttl.count() < 0) throw_error(errc::bad_config, "a negative ttl");
    if (config.max_bytes < -1) throw_error(errc::bad_config, "max_bytes " + std::to_string(config.max_bytes));
    if (config.replicas < 1 || config.replicas > max_replicas)
        throw_error(errc::bad_config, "replicas " + std::to_string(config.replicas) + " are not 1 to 5");
}

/// Sets in `stream` what the configuration says, and leaves the rest.
void apply(const store_config& config, jetstream::stream_config& stream) {
    stream.name = detail::stream_name(config.store);
    stream.description = config.description;
    stream.subjects = {detail::all_chunks(config.store), detail::all_infos(config.store)};
    stream.discard = jetstream::discard_policy::new_messages;
    stream.storage = config.storage;
    stream.max_bytes = config.max_bytes == 0 ? -1 : config.max_bytes;
    stream.replicas = config.replicas;
    stream.max_age = config.ttl;
    stream.duplicate_window = jetstream::usual_duplicate_window(config.ttl);
    stream.allow_rollup = true;
    stream.allow_direct = true;
    stream.placement = config.placement;
    stream.metadata = config.metadata;
    stream.compressed = config.compressed;
}

jetstream::stream_config stream_of(const store_config& config) {
    check_config(config);
    jetstream::stream_config stream;
    apply(config, stream);
    return stream;
}

asio::awaitable<jetstream::stream_info> stream_info_of(jetstream::context js, std::string name) {
    try {
        co_return co_await js.stream(detail::stream_name(name));
    } catch (const system_error&) {
        detail::rethrow_for(name);
    }
}

/// The first difference that a user of the store would notice, or nothing.
std::string difference(const jetstream::stream_config& is, const jetstream::stream_config& asked) {
    if (is.max_age != asked.max_age)
        return "ttl in ns is " + std::to_string(is.max_age.count()) + ", asked for " +
               std::to_string(asked.max_age.count());
    if (is.max_bytes != asked.max_bytes)
        return "max_bytes is " + std::to_string(is.max_bytes) + ", asked for " + std::to_string(asked.max_bytes);
    if (is.replicas != asked.replicas)
        return "replicas is " + std::to_string(is.replicas) + ", asked for " + std::to_string(asked.replicas);
    if (is.storage != asked.storage) return "the storage differs";
    if (is.compressed != asked.compressed) return "the compression differs";
    if (asked.placement != jetstream::placement() && is.placement != asked.placement) return "the placement differs";
    for (const auto& [key, value] : asked.metadata) {
        const auto found = is.metadata.find(key);
        if (found == is.metadata.end() || found->second != value) return "the metadata '" + key + "' differs";
    }
    if (is.description != asked.description) return "the description is '" + is.description + "'";
    if (is.sealed) return "it is sealed";
    return is.subjects == asked.subjects ? "" : "the subjects differ";
}

asio::awaitable<void> seal_stream(jetstream::context js, std::string name) {
    auto stream = co_await stream_info_of(js, name);
    stream.config.sealed = true;
    co_await js.update_stream(std::move(stream.config));
}

asio::awaitable<void> change_stream(jetstream::context js, store_config config) {
    auto stream = co_await stream_info_of(js, config.store);
    apply(config, stream.config);
    try {
        co_await js.update_stream(std::move(stream.config));
    } catch (const system_error&) {
        detail::rethrow_for(config.store);
    }
}

store_status status_of(const jetstream::stream_info& stream, std::string name) {
    store_status status;
    status.description = stream.config.description;
    status.bytes = stream.state.bytes;
    status.max_bytes = stream.config.max_bytes;
    status.ttl = stream.config.max_age;
    status.storage = stream.config.storage;
    status.replicas = stream.config.replicas;
    status.sealed = stream.config.sealed;
    status.compressed = stream.config.compressed;
    status.metadata = stream.config.metadata;
    status.store = std::move(name);
    return status;
}

asio::awaitable<store_status> read_status(jetstream::context js, std::string name) {
    const auto stream = co_await stream_info_of(std::move(js), name);
    co_return status_of(stream, std::move(name));
}

/// Nothing for a stream that is no store's.
std::optional<std::string> store_of(std::string_view stream) {
    const auto prefix = detail::stream_name({});
    if (!stream.starts_with(prefix)) return std::nullopt;
    return std::string(stream.substr(prefix.size()));
}

}  // namespace

store::store(jetstream::context js, std::string name) : js_(std::move(js)), name_(std::move(name)) {}

asio::awaitable<store> store::create(jetstream::context js, store_config config) {
    const auto asked = stream_of(config);
    const auto created = co_await js.try_create_stream(asked);
    if (!created) {
        // It may still be the same store: made by another client, it has what was not asked for.
        const auto stream = co_await stream_info_of(js, config.store);
        if (const auto what = difference(stream.config, asked); !what.empty())
            throw_error(errc::store_exists, config.store + ": " + what);
    }
    co_return store(std::move(js), std::move(config.store));
}

asio::awaitable<store> store::open(jetstream::context js, std::string name) {
    detail::check_store(name);
    co_await stream_info_of(js, name);
    co_return store(std::move(js), std::move(name));
}

asio::awaitable<store> store::create_or_open(jetstream::context js, store_config config) {
    auto asked = stream_of(config);
    co_await js.try_create_stream(std::move(asked));
    co_return store(std::move(js), std::move(config.store));
}

asio::awaitable<store> store::change(jetstream::context js, store_config config) {
    check_config(config);
    co_await change_stream(js, config);
    co_return store(std::move(js), std::move(config.store));
}

asio::awaitable<store> store::create_or_change(jetstream::context js, store_config config) {
    auto asked = stream_of(config);
    const auto created = co_await js.try_create_stream(std::move(asked));
    if (!created) co_await change_stream(js, config);
    co_return store(std::move(js), std::move(config.store));
}

asio::awaitable<void> store::destroy(jetstream::context js, std::string name) {
    detail::check_store(name);
    try {
        co_await js.delete_stream(detail::stream_name(name));
    } catch (const system_error&) {
        detail::rethrow_for(name);
    }
}

asio::awaitable<std::vector<std::string>> store::names(jetstream::context js) {
    std::vector<std::string> stores;
    const auto streams = co_await js.stream_names(detail::all_chunks("*"));
    for (const auto& each : streams)
        if (auto name = store_of(each)) stores.push_back(*std::move(name));
    co_return stores;
}

asio::awaitable<std::vector<store_status>> store::statuses(jetstream::context js) {
    std::vector<store_status> stores;
    const auto streams = co_await js.streams(detail::all_chunks("*"));
    for (const auto& each : streams)
        if (auto name = store_of(each.config.name)) stores.push_back(status_of(each, *std::move(name)));
    co_return stores;
}

asio::awaitable<void> store::seal() const { return seal_stream(js_, name_); }

asio::awaitable<store_status> store::status() const { return read_status(js_, name_); }

}  // namespace mote::objects
