#include <mote/kv/bucket.hpp>

#include <mote/kv/detail/config.hpp>
#include <mote/kv/detail/layout.hpp>
#include <mote/kv/detail/names.hpp>

#include <utility>

namespace mote::kv {
namespace {

namespace asio = boost::asio;
using jetstream::stream_config;
using jetstream::stream_info;

stream_config to_stream(const bucket_config& config) {
    stream_config stream;
    detail::apply(config, stream);
    return stream;
}

/// The stream of a bucket. Throws `errc::bucket_not_found`, `errc::bad_bucket` when it is not one.
asio::awaitable<stream_info> stream_info_of(jetstream::context js, std::string name) {
    auto info = co_await js.find_stream(detail::stream_of(name));
    if (!info) throw_error(errc::bucket_not_found, name);
    if (info->config.max_messages_per_subject < 1)
        throw_error(errc::bad_bucket, "stream " + info->config.name + " is not a bucket");
    co_return *std::move(info);
}

/// Values that a mirror of a mirror has are under the keys of the origin: by the name of the mirror nobody finds them.
asio::awaitable<void> check_origin(jetstream::context js, bucket_config config) {
    if (!config.mirror || !config.mirror->api_prefix.empty()) co_return;
    const auto origin = co_await js.find_stream(detail::stream_of(detail::bucket_of(config.mirror->name)));
    if (origin && origin->config.mirror)
        throw_error(errc::bad_config, config.bucket + ": a mirror of a mirror; mirror " +
                                          std::string(detail::bucket_of(origin->config.mirror->name)));
}

/// Creates the stream; nothing when one with another configuration exists.
asio::awaitable<std::optional<stream_info>> try_create(jetstream::context js, bucket_config config) {
    co_await check_origin(js, config);
    auto asked = to_stream(config);
    co_return co_await js.try_create_stream(std::move(asked));
}

asio::awaitable<stream_info> create_or_compare(jetstream::context js, bucket_config config) {
    auto created = co_await try_create(js, config);
    if (created) co_return *std::move(created);
    // It may still be the same bucket: made by another client, it has metadata or a placement that was not asked for.
    auto info = co_await stream_info_of(js, config.bucket);
    if (const auto what = detail::difference(info.config, to_stream(config)); !what.empty())
        throw_error(errc::bucket_exists, config.bucket + ": " + what);
    co_return info;
}

asio::awaitable<stream_info> change(jetstream::context js, bucket_config config) {
    auto changed = co_await stream_info_of(js, config.bucket);
    co_await check_origin(js, config);
    detail::apply(config, changed.config);
    auto asked = std::move(changed.config);
    try {
        co_return co_await js.update_stream(std::move(asked));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    throw_error(errc::bucket_not_found, config.bucket);
}

asio::awaitable<bucket_status> read_status(jetstream::context js, std::string name) {
    const auto info = co_await stream_info_of(std::move(js), std::move(name));
    co_return detail::status_of(info);
}

bool is_bucket(const stream_info& stream) {
    return detail::bucket_of(stream.config.name) != stream.config.name && stream.config.max_messages_per_subject >= 1;
}

}  // namespace

asio::awaitable<bucket> bucket::create(jetstream::context js, bucket_config config) {
    detail::check_config(config);
    const auto info = co_await create_or_compare(js, config);
    auto where = detail::layout_of(js, info.config, std::move(config.bucket));
    co_return bucket(std::move(js), std::move(where));
}

asio::awaitable<bucket> bucket::create_or_open(jetstream::context js, bucket_config config) {
    detail::check_config(config);
    auto info = co_await try_create(js, config);
    if (!info) info = co_await stream_info_of(js, config.bucket);
    auto where = detail::layout_of(js, info->config, std::move(config.bucket));
    co_return bucket(std::move(js), std::move(where));
}

asio::awaitable<bucket> bucket::create_or_change(jetstream::context js, bucket_config config) {
    detail::check_config(config);
    auto info = co_await try_create(js, config);
    if (!info) info = co_await kv::change(js, config);
    auto where = detail::layout_of(js, info->config, std::move(config.bucket));
    co_return bucket(std::move(js), std::move(where));
}

asio::awaitable<bucket> bucket::change(jetstream::context js, bucket_config config) {
    detail::check_config(config);
    const auto info = co_await kv::change(js, config);
    auto where = detail::layout_of(js, info.config, std::move(config.bucket));
    co_return bucket(std::move(js), std::move(where));
}

asio::awaitable<bucket> bucket::open(jetstream::context js, std::string name) {
    detail::check_bucket(name);
    const auto info = co_await stream_info_of(js, name);
    auto where = detail::layout_of(js, info.config, std::move(name));
    co_return bucket(std::move(js), std::move(where));
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
    std::vector<std::string> buckets;
    const auto streams = co_await js.stream_names(detail::subject_of("*", ">"));
    for (const auto& each : streams)
        if (const auto name = detail::bucket_of(each); name != each) buckets.emplace_back(name);
    co_return buckets;
}

asio::awaitable<std::vector<bucket_status>> bucket::statuses(jetstream::context js) {
    std::vector<bucket_status> buckets;
    const auto streams = co_await js.streams(detail::subject_of("*", ">"));
    for (const auto& each : streams)
        if (is_bucket(each)) buckets.push_back(detail::status_of(each));
    co_return buckets;
}

asio::awaitable<bucket_status> bucket::status() const { return read_status(js_, layout_->bucket); }

}  // namespace mote::kv
