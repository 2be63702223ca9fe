#include <mote/jetstream/detail/features.hpp>

#include <mote/jetstream/detail/api.hpp>

#include <algorithm>
#include <string>

namespace mote::jetstream::detail {
namespace {

template <class Config>
struct feature {
    const char* what;
    int minor;  // nats-server 2.<minor> has it
    bool (*is_in)(const Config&);
    int level = 0;  // of the API, where servers tell it: 2.11 and later
};

template <class Predicate>
bool any_origin(const stream_config& config, Predicate has) {
    return (config.mirror && has(*config.mirror)) || std::ranges::any_of(config.sources, has);
}

// The highest level first.
constexpr feature<stream_config> of_streams[] = {
    {"batch publishing", 14, [](const stream_config& config) { return config.allow_batch_publish; }, 4},
    {"a counter of messages", 12, [](const stream_config& config) { return config.allow_message_counter; }, 2},
    {"atomic publishing", 12, [](const stream_config& config) { return config.allow_atomic_publish; }, 2},
    {"scheduled messages", 12, [](const stream_config& config) { return config.allow_message_schedules; }, 2},
    {"asynchronous persistence", 12,
     [](const stream_config& config) { return config.persist != persist_mode::immediate; }, 2},
    {"a TTL of messages", 11, [](const stream_config& config) { return config.allow_message_ttl; }, 1},
    {"a TTL of markers", 11, [](const stream_config& config) { return config.subject_delete_marker_ttl.count() != 0; },
     1},
    {"compression", 10, [](const stream_config& config) { return config.compressed; }},
    {"metadata", 10, [](const stream_config& config) { return !config.metadata.empty(); }},
    {"a subject transform", 10, [](const stream_config& config) { return config.subject_transform.has_value(); }},
    {"a first sequence", 10, [](const stream_config& config) { return config.first_sequence > 1; }},
    {"limits of consumers", 10,
     [](const stream_config& config) { return config.consumer_limits != consumer_limits(); }},
    {"subject transforms of a source", 10,
     [](const stream_config& config) {
         return any_origin(config, [](const stream_source& each) { return !each.transforms.empty(); });
     }},
    {"a consumer of a source", 14,
     [](const stream_config& config) {
         return any_origin(config, [](const stream_source& each) { return !each.consumer.empty(); });
     }},
};

constexpr feature<consumer_config> of_consumers[] = {
    {"a consumer with several filters", 10,
     [](const consumer_config& config) { return config.filter_subjects.size() > 1; }},
    {"a priority policy of a consumer", 11,
     [](const consumer_config& config) { return config.priority != priority_policy::none; }},
    {"the policy of priorities", 12,
     [](const consumer_config& config) { return config.priority == priority_policy::prioritized; }},
    {"metadata of a consumer", 10, [](const consumer_config& config) { return !config.metadata.empty(); }},
    {"acknowledging by flow control", 14,
     [](const consumer_config& config) { return config.ack == ack_policy::flow_control; }},
    {"pausing a consumer", 11, [](const consumer_config& config) { return !config.pause_until.empty(); }},
};

template <class Config, std::size_t Size>
void require_all_kept(const feature<Config> (&features)[Size], const Config& asked, const Config& made) {
    for (const auto& each : features) {
        if (!each.is_in(asked) || each.is_in(made)) continue;
        throw_error(errc::not_supported, asked.name + ": " + each.what + " needs nats-server 2." +
                                             std::to_string(each.minor) +
                                             "; the one that keeps it is older, and has it without that");
    }
}

}  // namespace

needed_level require_features(const context& js, const stream_config& config) {
    needed_level needed;
    for (const auto& each : of_streams) {
        if (!each.is_in(config)) continue;
        if (each.level == 0)
            require_server(js, 2, each.minor, each.what);
        else if (needed.level == 0)
            needed = {each.level, each.what, each.minor};
    }
    return needed;
}

void require_features(const context& js, const consumer_config& config) {
    for (const auto& each : of_consumers)
        if (each.is_in(config)) require_server(js, 2, each.minor, each.what);
}

void require_kept(const stream_config& asked, const stream_config& made) { require_all_kept(of_streams, asked, made); }

void require_kept(const consumer_config& asked, const consumer_config& made) {
    require_all_kept(of_consumers, asked, made);
}

}  // namespace mote::jetstream::detail
