#include <mote/kv/bucket.hpp>

#include <mote/kv/detail/names.hpp>

#include <algorithm>
#include <utility>

namespace mote::kv {
namespace {

namespace asio = boost::asio;
using jetstream::stream_config;

constexpr int max_history = 64;
constexpr std::chrono::nanoseconds longest_duplicate_window = std::chrono::minutes(2);

void check_config(const bucket_config& config) {
    detail::check_bucket(config.bucket);
    const auto require = [&config](bool good, const std::string& what) {
        if (!good) throw_error(errc::bad_config, config.bucket + ": " + what);
    };
    require(config.history >= 1 && config.history <= max_history,
            "history " + std::to_string(config.history) + " is not in 1 to " + std::to_string(max_history));
    require(config.ttl.count() >= 0, "the ttl is negative");
    require(config.limit_marker_ttl.count() == 0 || config.limit_marker_ttl >= std::chrono::seconds(1),
            "the limit marker ttl is below 1 s");
    require(!config.republish || !config.republish->destination.empty(), "republish to nowhere");
    require(config.replicas >= 1, "replicas " + std::to_string(config.replicas) + " is not positive");
}

/// The stream that other clients make for the same bucket (ADR-8).
stream_config to_stream(const bucket_config& config) {
    stream_config stream;
    stream.name = detail::stream_of(config.bucket);
    stream.description = config.description;
    stream.subjects.push_back(detail::subject_of(config.bucket, ">"));
    stream.discard = jetstream::discard_policy::new_messages;
    stream.storage = config.storage;
    stream.max_messages_per_subject = config.history;
    stream.max_bytes = config.max_bytes > 0 ? config.max_bytes : -1;
    stream.max_message_size = config.max_value_size > 0 ? config.max_value_size : -1;
    stream.replicas = config.replicas;
    stream.max_age = config.ttl;
    stream.duplicate_window =
        config.ttl.count() > 0 ? std::min(config.ttl, longest_duplicate_window) : longest_duplicate_window;
    stream.allow_rollup = true;
    stream.allow_direct = true;
    stream.deny_delete = true;
    stream.placement = config.placement;
    stream.republish = config.republish;
    stream.compressed = config.compressed;
    stream.metadata = config.metadata;
    stream.allow_message_ttl = config.limit_marker_ttl.count() != 0;
    stream.subject_delete_marker_ttl = config.limit_marker_ttl;
    return stream;
}

/// The first difference that a user of the bucket would notice, or nothing.
std::string difference(const stream_config& is, const stream_config& asked) {
    const auto numbers = [](std::string_view what, std::int64_t has, std::int64_t wants) {
        return std::string(what) + " is " + std::to_string(has) + ", asked for " + std::to_string(wants);
    };
    if (is.max_messages_per_subject != asked.max_messages_per_subject)
        return numbers("history", is.max_messages_per_subject, asked.max_messages_per_subject);
    if (is.max_age != asked.max_age) return numbers("ttl in ns", is.max_age.count(), asked.max_age.count());
    if (is.max_bytes != asked.max_bytes) return numbers("max_bytes", is.max_bytes, asked.max_bytes);
    if (is.max_message_size != asked.max_message_size)
        return numbers("max_value_size", is.max_message_size, asked.max_message_size);
    if (is.subject_delete_marker_ttl != asked.subject_delete_marker_ttl)
        return numbers("limit_marker_ttl in ns", is.subject_delete_marker_ttl.count(),
                       asked.subject_delete_marker_ttl.count());
    if (is.replicas != asked.replicas) return numbers("replicas", is.replicas, asked.replicas);
    if (is.storage != asked.storage) return "the storage differs";
    if (is.compressed != asked.compressed) return "the compression differs";
    if (asked.placement != jetstream::placement() && is.placement != asked.placement) return "the placement differs";
    if (asked.republish && is.republish != asked.republish) return "the republishing differs";
    for (const auto& [key, value] : asked.metadata) {
        const auto found = is.metadata.find(key);
        if (found == is.metadata.end() || found->second != value) return "the metadata '" + key + "' differs";
    }
    if (is.description != asked.description) return "the description is '" + is.description + "'";
    return is.subjects == asked.subjects ? "" : "the subjects differ";
}

/// The stream of a bucket. Throws `errc::bucket_not_found`, `errc::bad_bucket` when it is not one.
asio::awaitable<jetstream::stream_info> stream_info_of(jetstream::context js, std::string name) {
    jetstream::stream_info info;
    bool found = true;
    try {
        info = co_await js.stream(detail::stream_of(name));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
        found = false;
    }
    if (!found) throw_error(errc::bucket_not_found, name);
    if (info.config.max_messages_per_subject < 1)
        throw_error(errc::bad_bucket, "stream " + info.config.name + " is not a bucket");
    co_return info;
}

/// Creates the stream; true unless one with another configuration exists.
asio::awaitable<bool> try_create(jetstream::context js, stream_config config) {
    bool created = true;
    try {
        co_await js.create_stream(std::move(config));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_exists) throw;
        created = false;
    }
    co_return created;
}

asio::awaitable<void> create_or_compare(jetstream::context js, bucket_config config) {
    const auto asked = to_stream(config);
    const bool created = co_await try_create(js, asked);
    if (created) co_return;
    // It may still be the same bucket: made by another client, it has metadata or a placement that was not asked for.
    const auto info = co_await stream_info_of(js, config.bucket);
    if (const auto what = difference(info.config, asked); !what.empty())
        throw_error(errc::bucket_exists, config.bucket + ": " + what);
}

asio::awaitable<bucket_status> read_status(jetstream::context js, std::string name) {
    const auto info = co_await stream_info_of(js, name);
    bucket_status status;
    status.bucket = name;
    status.description = info.config.description;
    status.values = info.state.messages;
    status.bytes = info.state.bytes;
    status.history = static_cast<int>(std::min<std::int64_t>(info.config.max_messages_per_subject, max_history));
    status.ttl = info.config.max_age;
    status.limit_marker_ttl = info.config.subject_delete_marker_ttl;
    status.max_bytes = info.config.max_bytes;
    status.max_value_size = info.config.max_message_size;
    status.replicas = info.config.replicas;
    status.storage = info.config.storage;
    status.compressed = info.config.compressed;
    status.metadata = info.config.metadata;
    co_return status;
}

}  // namespace

asio::awaitable<bucket> bucket::create(jetstream::context js, bucket_config config) {
    check_config(config);
    co_await create_or_compare(js, config);
    co_return bucket(std::move(js), std::move(config.bucket));
}

asio::awaitable<bucket> bucket::create_or_open(jetstream::context js, bucket_config config) {
    check_config(config);
    auto asked = to_stream(config);
    const bool created = co_await try_create(js, std::move(asked));
    if (!created) co_await stream_info_of(js, config.bucket);
    co_return bucket(std::move(js), std::move(config.bucket));
}

asio::awaitable<bucket> bucket::open(jetstream::context js, std::string name) {
    detail::check_bucket(name);
    co_await stream_info_of(js, name);
    co_return bucket(std::move(js), std::move(name));
}

asio::awaitable<void> bucket::destroy(jetstream::context js, std::string name) {
    detail::check_bucket(name);
    bool found = true;
    try {
        co_await js.delete_stream(detail::stream_of(name));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
        found = false;
    }
    if (!found) throw_error(errc::bucket_not_found, name);
}

asio::awaitable<std::vector<std::string>> bucket::names(jetstream::context js) {
    constexpr std::string_view prefix = "KV_";
    std::vector<std::string> buckets;
    const auto streams = co_await js.stream_names("$KV.*.>");
    for (const auto& each : streams)
        if (each.starts_with(prefix)) buckets.push_back(each.substr(prefix.size()));
    co_return buckets;
}

asio::awaitable<bucket_status> bucket::status() const { return read_status(js_, name_); }

}  // namespace mote::kv
