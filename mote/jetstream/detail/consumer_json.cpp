#include <mote/jetstream/detail/consumer_json.hpp>

#include <mote/jetstream/detail/config_json.hpp>
#include <mote/jetstream/detail/stream_json.hpp>
#include <mote/jetstream/detail/wire.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours ack_wait{22};  // of no use without acks; what the other clients send
constexpr std::chrono::minutes inactive_threshold{5};

constexpr word<deliver_policy> deliver_policies[] = {{deliver_policy::all, "all"},
                                                     {deliver_policy::last, "last"},
                                                     {deliver_policy::new_messages, "new"},
                                                     {deliver_policy::by_start_sequence, "by_start_sequence"},
                                                     {deliver_policy::by_start_time, "by_start_time"},
                                                     {deliver_policy::last_per_subject, "last_per_subject"}};
constexpr word<ack_policy> ack_policies[] = {{ack_policy::explicit_ack, "explicit"},
                                             {ack_policy::all, "all"},
                                             {ack_policy::none, "none"},
                                             {ack_policy::flow_control, "flow_control"}};
constexpr word<replay_policy> replay_policies[] = {{replay_policy::instant, "instant"},
                                                   {replay_policy::original, "original"}};
constexpr word<priority_policy> priority_policies[] = {{priority_policy::none, "none"},
                                                       {priority_policy::overflow, "overflow"},
                                                       {priority_policy::pinned_client, "pinned_client"},
                                                       {priority_policy::prioritized, "prioritized"}};
constexpr std::string_view servers_own = "_nats.";  // the metadata that the server adds

void set_filters(json::object& config, const std::vector<std::string>& filters) {
    set_optional(config, "filter_subject", filters.size() == 1, filters.empty() ? std::string() : filters.front());
    set_optional(config, "filter_subjects", filters.size() > 1, to_array(filters));
}

/// Ours, and what the server has put there itself.
json::object merged_metadata(const json::object& current, const std::map<std::string, std::string>& ours) {
    json::object merged;
    if (const auto* const found = current.if_contains("metadata"); found != nullptr && found->is_object()) {
        for (const auto& [key, value] : found->get_object())
            if (std::string_view(key.data(), key.size()).starts_with(servers_own)) merged[key] = value;
    }
    for (const auto& [key, value] : ours) merged[key] = value;
    return merged;
}

json::array nanoseconds_of(const std::vector<std::chrono::nanoseconds>& times) {
    json::array array;
    for (const auto each : times) array.emplace_back(each.count());
    return array;
}

/// `30` or `30%`.
int parse_percent(std::string_view text) {
    if (text.ends_with('%')) text.remove_suffix(1);
    return static_cast<int>(std::min<std::uint64_t>(parse_number(text).value_or(0), 100));
}

/// What has members of its own only in push consumers.
void parse_push(const json_reader& from, consumer_config& config) {
    config.deliver_subject = from.text("deliver_subject");
    config.deliver_group = from.text("deliver_group");
    config.flow_control = from.flag("flow_control");
    config.idle_heartbeat = std::chrono::nanoseconds(from.integer<std::int64_t>("idle_heartbeat"));
    config.rate_limit = from.integer<std::uint64_t>("rate_limit_bps");
}

void overlay_push(json::object& to, const consumer_config& config) {
    if (!config.deliver_subject.empty()) to["deliver_subject"] = config.deliver_subject;
    if (!config.deliver_group.empty()) to["deliver_group"] = config.deliver_group;
    if (config.flow_control) to["flow_control"] = true;
    if (config.idle_heartbeat.count() != 0) to["idle_heartbeat"] = config.idle_heartbeat.count();
    if (config.rate_limit != 0) to["rate_limit_bps"] = config.rate_limit;
}

consumer_config parse_consumer_config(const json_reader& from) {
    const auto time = [&from](std::string_view key) {
        return std::chrono::nanoseconds(from.integer<std::int64_t>(key));
    };
    consumer_config config;
    const auto durable_name = from.text("durable_name");
    config.durable = !durable_name.empty();
    config.name = config.durable ? durable_name : from.text("name");
    config.description = from.text("description");
    config.deliver = from_text(deliver_policies, from, "deliver_policy");
    config.start_sequence = from.integer<std::uint64_t>("opt_start_seq");
    config.start_time = from.text("opt_start_time");
    config.ack = from_text(ack_policies, from, "ack_policy");
    config.ack_wait = time("ack_wait");
    config.max_deliver = from.integer<int>("max_deliver", -1);
    for (const auto each : from.integers<std::int64_t>("backoff")) config.backoff.emplace_back(each);
    config.filter_subjects = from.texts("filter_subjects");
    config.filter_subjects.push_back(from.text("filter_subject"));
    std::erase(config.filter_subjects, "");
    config.max_ack_pending = from.integer<int>("max_ack_pending");
    config.max_waiting = from.integer<int>("max_waiting");
    config.max_batch = from.integer<int>("max_batch");
    config.max_expires = time("max_expires");
    config.inactive_threshold = time("inactive_threshold");
    config.replicas = from.integer<int>("num_replicas");
    config.memory_storage = from.flag("mem_storage");
    config.priority = from_text(priority_policies, from, "priority_policy");
    config.priority_groups = from.texts("priority_groups");
    config.priority_timeout = time("priority_timeout");
    config.headers_only = from.flag("headers_only");
    config.metadata = from.text_map("metadata");
    config.max_bytes = from.integer<int>("max_bytes");
    config.replay = from_text(replay_policies, from, "replay_policy");
    config.sample_percent = parse_percent(from.text("sample_freq"));
    config.pause_until = from.text("pause_until");
    parse_push(from, config);
    return config;
}

consumer_position parse_position(const json_reader& from) {
    consumer_position position;
    position.consumer_sequence = from.integer<std::uint64_t>("consumer_seq");
    position.stream_sequence = from.integer<std::uint64_t>("stream_seq");
    return position;
}

void set_start(json::object& config, const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed) {
    const auto policy = resumed ? deliver_policy::by_start_sequence : opts.deliver;
    config["deliver_policy"] = to_text(deliver_policies, policy);
    if (policy == deliver_policy::by_start_time) config["opt_start_time"] = opts.start_time;
    if (policy != deliver_policy::by_start_sequence) return;
    config["opt_start_seq"] = resumed ? *resumed + 1 : std::max<std::uint64_t>(opts.start_sequence, 1);
}

}  // namespace

std::string consumer_create_verb(const std::string& stream, const std::string& name,
                                 const std::vector<std::string>& filter_subjects) {
    auto verb = "CONSUMER.CREATE." + stream + "." + name;
    return filter_subjects.size() == 1 ? verb + "." + filter_subjects.front() : verb;
}

std::string ordered_consumer_json(const std::string& stream, const std::string& name, const std::string& inbox,
                                  const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed) {
    json::object config;
    config["name"] = name;
    set_start(config, opts, resumed);
    set_filters(config, opts.filter_subjects);
    config["ack_policy"] = "none";
    config["ack_wait"] = std::chrono::nanoseconds(ack_wait).count();
    config["max_deliver"] = 1;
    config["replay_policy"] = to_text(replay_policies, opts.replay);
    if (opts.rate_limit != 0) config["rate_limit_bps"] = opts.rate_limit;
    config["deliver_subject"] = inbox;
    config["flow_control"] = true;
    config["idle_heartbeat"] = opts.idle_heartbeat.count();
    config["inactive_threshold"] = std::chrono::nanoseconds(inactive_threshold).count();
    if (opts.headers_only) config["headers_only"] = true;
    config["num_replicas"] = 1;
    config["mem_storage"] = true;
    return consumer_create_body(stream, std::move(config));
}

void overlay(json::object& to, const consumer_config& config) {
    to["name"] = config.name;
    set_optional(to, "durable_name", config.durable, config.name);
    set_optional(to, "description", !config.description.empty(), config.description);
    to["deliver_policy"] = to_text(deliver_policies, config.deliver);
    const bool by_sequence = config.deliver == deliver_policy::by_start_sequence;
    set_optional(to, "opt_start_seq", by_sequence, std::max<std::uint64_t>(config.start_sequence, 1));
    set_optional(to, "opt_start_time", config.deliver == deliver_policy::by_start_time, config.start_time);
    to["ack_policy"] = to_text(ack_policies, config.ack);
    if (config.ack_wait.count() != 0) to["ack_wait"] = config.ack_wait.count();
    to["max_deliver"] = config.max_deliver == 0 ? -1 : config.max_deliver;
    set_optional(to, "backoff", !config.backoff.empty(), nanoseconds_of(config.backoff));
    set_filters(to, config.filter_subjects);
    if (config.max_ack_pending != 0) to["max_ack_pending"] = config.max_ack_pending;
    if (config.max_waiting != 0) to["max_waiting"] = config.max_waiting;
    set_optional(to, "max_batch", config.max_batch != 0, config.max_batch);
    set_optional(to, "max_expires", config.max_expires.count() != 0, config.max_expires.count());
    if (config.inactive_threshold.count() != 0) to["inactive_threshold"] = config.inactive_threshold.count();
    if (config.replicas != 0) to["num_replicas"] = config.replicas;
    set_optional(to, "mem_storage", config.memory_storage, true);
    const bool ranked = config.priority != priority_policy::none;
    set_optional(to, "priority_policy", ranked, to_text(priority_policies, config.priority));
    set_optional(to, "priority_groups", ranked, to_array(config.priority_groups));
    if (config.priority != priority_policy::pinned_client) to.erase("priority_timeout");
    if (config.priority_timeout.count() != 0) to["priority_timeout"] = config.priority_timeout.count();
    set_optional(to, "headers_only", config.headers_only, true);
    set_optional(to, "max_bytes", config.max_bytes != 0, config.max_bytes);
    if (config.replay != replay_policy::instant) to["replay_policy"] = to_text(replay_policies, config.replay);
    const bool sampled = config.sample_percent != 0;
    // The server may have it with a percent sign.
    if (sampled && parse_percent(json_reader(to, "consumer").text("sample_freq")) != config.sample_percent)
        to["sample_freq"] = std::to_string(config.sample_percent);
    if (!config.pause_until.empty()) to["pause_until"] = config.pause_until;
    overlay_push(to, config);
    auto metadata = merged_metadata(to, config.metadata);
    const bool any = !metadata.empty();
    set_optional(to, "metadata", any, std::move(metadata));
}

json::object to_json(const consumer_config& config) {
    json::object made;
    overlay(made, config);
    return made;
}

std::string consumer_create_body(const std::string& stream, json::object config, const std::string& action) {
    json::object request;
    request["stream_name"] = stream;
    request["config"] = std::move(config);
    if (!action.empty()) request["action"] = action;
    return json::serialize(request);
}

pause_state parse_pause(const json::object& reply) {
    const json_reader from(reply, "consumer");
    pause_state state;
    state.paused = from.flag("paused");
    state.remaining = std::chrono::nanoseconds(from.integer<std::int64_t>("pause_remaining"));
    return state;
}

consumer_info parse_consumer_info(const json::object& reply) {
    const json_reader from(reply, "consumer");
    if (!from.has("config")) from.fail("config", "there");
    const auto config = from.object("config");
    consumer_info info;
    info.stream = from.text("stream_name");
    info.name = from.text("name");
    info.config = parse_consumer_config(config);
    if (info.config.name.empty()) info.config.name = info.name;
    info.created = from.text("created");
    info.delivered = parse_position(from.object("delivered"));
    info.ack_floor = parse_position(from.object("ack_floor"));
    info.pending = from.integer<std::uint64_t>("num_pending");
    info.ack_pending = from.integer<std::uint64_t>("num_ack_pending");
    info.redelivered = from.integer<std::uint64_t>("num_redelivered");
    info.waiting = from.integer<std::uint64_t>("num_waiting");
    info.push = !info.config.deliver_subject.empty();
    info.push_bound = from.flag("push_bound");
    info.pause = parse_pause(reply);
    for (const auto& each : from.objects("priority_groups")) {
        priority_group_state state;
        state.group = each.text("group");
        state.pinned_id = each.text("pinned_client_id");
        if (!state.pinned_id.empty()) state.pinned_since = each.text("pinned_ts");
        info.groups.push_back(std::move(state));
    }
    info.cluster = parse_cluster(from.object("cluster"));
    return info;
}

}  // namespace mote::jetstream::detail
