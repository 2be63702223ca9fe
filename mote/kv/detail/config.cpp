#include <mote/kv/detail/config.hpp>

#include <mote/kv/detail/names.hpp>

#include <algorithm>
#include <utility>

namespace mote::kv::detail {
namespace {

using jetstream::stream_config;
using jetstream::stream_source;

constexpr int max_history = 64;

/// What is copied from a bucket that has the default subjects.
stream_source of_bucket(stream_source from) {
    from.name = stream_of(bucket_of(from.name));
    return from;
}

/// A source without transforms is a bucket, whose keys become those of `bucket`.
stream_source to_source(stream_source from, const std::string& bucket) {
    if (!from.transforms.empty()) return from;
    from = of_bucket(std::move(from));
    const auto origin = bucket_of(from.name);
    if (!from.api_prefix.empty() && origin == bucket) return from;
    jetstream::subject_transform keys;
    keys.source = subject_of(origin, ">");
    keys.destination = subject_of(bucket, ">");
    from.transforms.push_back(std::move(keys));
    return from;
}

bool differ(const stream_source& is, const stream_source& asked) {
    auto seen = is;
    if (asked.deliver_prefix.empty()) seen.deliver_prefix.clear();  // some servers choose one
    return seen != asked;
}

std::string numbers(std::string_view what, std::int64_t has, std::int64_t wants) {
    return std::string(what) + " is " + std::to_string(has) + ", asked for " + std::to_string(wants);
}

std::string difference_of_origins(const stream_config& is, const stream_config& asked) {
    if (is.mirror.has_value() != asked.mirror.has_value() || (is.mirror && differ(*is.mirror, *asked.mirror)))
        return "the mirror differs";
    return std::equal(is.sources.begin(), is.sources.end(), asked.sources.begin(), asked.sources.end(),
                      [](const auto& has, const auto& wants) { return !differ(has, wants); })
               ? ""
               : "the sources differ";
}

}  // namespace

void check_config(const bucket_config& config) {
    check_bucket(config.bucket);
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
    require(!config.mirror || config.sources.empty(), "a mirror has no sources");
    require(!config.mirror || is_valid_bucket(config.mirror->name), "a mirror of no bucket");
    require(!config.mirror || bucket_of(config.mirror->name) != config.bucket || !config.mirror->api_prefix.empty(),
            "a mirror of itself");
    for (const auto& each : config.sources) {
        require(is_valid_bucket(each.name) || !each.transforms.empty(), "a source of no bucket");
        require(each.filter_subject.empty() || !each.transforms.empty(), "a source with a filter needs transforms");
    }
}

void apply(const bucket_config& config, stream_config& stream) {
    stream.name = stream_of(config.bucket);
    stream.description = config.description;
    stream.subjects.clear();
    stream.discard = jetstream::discard_policy::new_messages;
    stream.storage = config.storage;
    stream.max_messages_per_subject = config.history;
    stream.max_bytes = config.max_bytes > 0 ? config.max_bytes : -1;
    stream.max_message_size = config.max_value_size > 0 ? config.max_value_size : -1;
    stream.replicas = config.replicas;
    stream.max_age = config.ttl;
    stream.duplicate_window = jetstream::usual_duplicate_window(config.ttl);
    stream.allow_rollup = true;
    stream.allow_direct = true;
    stream.deny_delete = true;
    stream.placement = config.placement;
    stream.republish = config.republish;
    stream.compressed = config.compressed;
    stream.metadata = config.metadata;
    stream.allow_message_ttl = config.limit_marker_ttl.count() != 0;
    stream.subject_delete_marker_ttl = config.limit_marker_ttl;
    stream.mirror.reset();
    stream.mirror_direct = config.mirror.has_value();
    if (config.mirror) {
        stream.mirror = of_bucket(*config.mirror);
    } else {
        stream.subjects.push_back(subject_of(config.bucket, ">"));
    }
    stream.sources.clear();
    for (const auto& each : config.sources) stream.sources.push_back(to_source(each, config.bucket));
}

std::string difference(const stream_config& is, const stream_config& asked) {
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
    if (auto what = difference_of_origins(is, asked); !what.empty()) return what;
    return is.subjects == asked.subjects ? "" : "the subjects differ";
}

bucket_status status_of(const jetstream::stream_info& info) {
    bucket_status status;
    status.bucket = bucket_of(info.config.name);
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
    status.placement = info.config.placement;
    status.republish = info.config.republish;
    status.mirror = info.config.mirror;
    status.sources = info.config.sources;
    return status;
}

}  // namespace mote::kv::detail
