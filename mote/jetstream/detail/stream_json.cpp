#include <mote/jetstream/detail/stream_json.hpp>

#include <mote/jetstream/detail/config_json.hpp>
#include <mote/jetstream/detail/wire.hpp>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;

constexpr word<retention_policy> retentions[] = {{retention_policy::limits, "limits"},
                                                 {retention_policy::interest, "interest"},
                                                 {retention_policy::work_queue, "workqueue"}};
constexpr word<discard_policy> discards[] = {{discard_policy::old_messages, "old"},
                                             {discard_policy::new_messages, "new"}};
constexpr word<storage_type> storages[] = {{storage_type::file, "file"}, {storage_type::memory, "memory"}};
constexpr word<persist_mode> persist_modes[] = {{persist_mode::immediate, "default"},
                                                {persist_mode::asynchronous, "async"}};

json::object to_object(const placement& where) {
    json::object object;
    if (!where.cluster.empty()) object["cluster"] = where.cluster;
    if (!where.tags.empty()) object["tags"] = to_array(where.tags);
    return object;
}

json::object to_object(const republish& copies) {
    json::object object;
    if (!copies.source.empty()) object["src"] = copies.source;
    object["dest"] = copies.destination;
    if (copies.headers_only) object["headers_only"] = true;
    return object;
}

republish parse_republish(const json_reader& from) {
    republish copies;
    copies.source = from.text("src");
    copies.destination = from.text("dest");
    copies.headers_only = from.flag("headers_only");
    return copies;
}

json::object to_object(const subject_transform& rule) {
    json::object object;
    object["src"] = rule.source;
    object["dest"] = rule.destination;
    return object;
}

subject_transform parse_transform(const json_reader& from) {
    subject_transform rule;
    rule.source = from.text("src");
    rule.destination = from.text("dest");
    return rule;
}

json::object to_object(const stream_source& source) {
    json::object object;
    object["name"] = source.name;
    if (source.start_sequence != 0) object["opt_start_seq"] = source.start_sequence;
    if (!source.start_time.empty()) object["opt_start_time"] = source.start_time;
    if (!source.filter_subject.empty()) object["filter_subject"] = source.filter_subject;
    json::array transforms;
    for (const auto& each : source.transforms) transforms.emplace_back(to_object(each));
    if (!transforms.empty()) object["subject_transforms"] = std::move(transforms);
    if (!source.api_prefix.empty() || !source.deliver_prefix.empty()) {
        json::object external;
        external["api"] = source.api_prefix;
        external["deliver"] = source.deliver_prefix;
        object["external"] = std::move(external);
    }
    if (!source.consumer.empty()) {
        json::object consumer;
        consumer["name"] = source.consumer;
        if (!source.consumer_subject.empty()) consumer["deliver_subject"] = source.consumer_subject;
        object["consumer"] = std::move(consumer);
    }
    return object;
}

stream_source parse_source(const json_reader& from) {
    stream_source source;
    source.name = from.text("name");
    source.start_sequence = from.integer<std::uint64_t>("opt_start_seq");
    source.start_time = from.text("opt_start_time");
    source.filter_subject = from.text("filter_subject");
    for (const auto& each : from.objects("subject_transforms")) source.transforms.push_back(parse_transform(each));
    const auto external = from.object("external");
    source.api_prefix = external.text("api");
    source.deliver_prefix = external.text("deliver");
    const auto consumer = from.object("consumer");
    source.consumer = consumer.text("name");
    source.consumer_subject = consumer.text("deliver_subject");
    return source;
}

/// What the server has of this source, with members that we do not model, or else ours.
json::object kept_or_made(const std::vector<const json::object*>& current, const stream_source& source) {
    for (const auto* const each : current)
        if (parse_source(json_reader(*each, "source")) == source) return *each;
    return to_object(source);
}

std::vector<const json::object*> objects_of(const json::object& of, json::string_view key) {
    std::vector<const json::object*> objects;
    const auto* const found = of.if_contains(key);
    if (found == nullptr) return objects;
    if (const auto* const one = found->if_object()) objects.push_back(one);
    if (const auto* const several = found->if_array())
        for (const auto& each : *several)
            if (const auto* const one = each.if_object()) objects.push_back(one);
    return objects;
}

void overlay_origins(json::object& to, const stream_config& config) {
    if (config.mirror)
        to["mirror"] = kept_or_made(objects_of(to, "mirror"), *config.mirror);
    else
        to.erase("mirror");
    json::array sources;
    for (const auto& each : config.sources) sources.emplace_back(kept_or_made(objects_of(to, "sources"), each));
    const bool any = !sources.empty();
    set_optional(to, "sources", any, std::move(sources));
}

json::object to_object(const consumer_limits& limits) {
    json::object object;
    if (limits.inactive_threshold.count() != 0) object["inactive_threshold"] = limits.inactive_threshold.count();
    if (limits.max_ack_pending != 0) object["max_ack_pending"] = limits.max_ack_pending;
    return object;
}

/// What came with 2.10 and later, beside what parse_stream_config reads.
void parse_newer(const json_reader& from, stream_config& config) {
    if (from.has("subject_transform")) config.subject_transform = parse_transform(from.object("subject_transform"));
    config.first_sequence = from.integer<std::uint64_t>("first_seq");
    const auto limits = from.object("consumer_limits");
    config.consumer_limits.inactive_threshold =
        std::chrono::nanoseconds(limits.integer<std::int64_t>("inactive_threshold"));
    config.consumer_limits.max_ack_pending = limits.integer<int>("max_ack_pending");
    config.allow_message_counter = from.flag("allow_msg_counter");
    config.allow_atomic_publish = from.flag("allow_atomic");
    config.allow_message_schedules = from.flag("allow_msg_schedules");
    config.persist = from_text(persist_modes, from, "persist_mode");
    config.allow_batch_publish = from.flag("allow_batched");
}

void overlay_newer(json::object& to, const stream_config& config) {
    set_optional(to, "subject_transform", config.subject_transform.has_value(),
                 to_object(config.subject_transform.value_or(subject_transform())));
    if (config.first_sequence != 0) to["first_seq"] = config.first_sequence;
    set_optional(to, "consumer_limits", config.consumer_limits != consumer_limits(), to_object(config.consumer_limits));
    set_optional(to, "allow_msg_counter", config.allow_message_counter, true);
    set_optional(to, "allow_atomic", config.allow_atomic_publish, true);
    set_optional(to, "allow_msg_schedules", config.allow_message_schedules, true);
    set_optional(to, "persist_mode", config.persist != persist_mode::immediate, to_text(persist_modes, config.persist));
    set_optional(to, "allow_batched", config.allow_batch_publish, true);
}

source_state parse_source_state(const json_reader& from) {
    source_state state;
    state.name = from.text("name");
    state.lag = from.integer<std::uint64_t>("lag");
    const std::chrono::nanoseconds active(from.integer<std::int64_t>("active", -1));
    if (active.count() >= 0) state.active = active;
    state.error = from.object("error").text("description");
    return state;
}

stream_state parse_state(const json_reader& from) {
    stream_state state;
    state.messages = from.integer<std::uint64_t>("messages");
    state.bytes = from.integer<std::uint64_t>("bytes");
    state.first_sequence = from.integer<std::uint64_t>("first_seq");
    state.last_sequence = from.integer<std::uint64_t>("last_seq");
    state.subjects = from.integer<std::uint64_t>("num_subjects");
    state.consumers = from.integer<int>("consumer_count");
    state.first_time = parse_time(from.text("first_ts"));
    state.last_time = parse_time(from.text("last_ts"));
    state.deleted = from.integer<std::uint64_t>("num_deleted");
    state.deleted_sequences = from.integers<std::uint64_t>("deleted");
    state.subject_counts = from.integer_map("subjects");
    return state;
}

stream_config parse_stream_config(const json_reader& from) {
    stream_config config;
    config.name = from.text("name");
    config.description = from.text("description");
    config.subjects = from.texts("subjects");
    config.retention = from_text(retentions, from, "retention");
    config.discard = from_text(discards, from, "discard");
    config.storage = from_text(storages, from, "storage");
    config.max_messages = from.integer<std::int64_t>("max_msgs", -1);
    config.max_bytes = from.integer<std::int64_t>("max_bytes", -1);
    config.max_messages_per_subject = from.integer<std::int64_t>("max_msgs_per_subject", -1);
    config.max_message_size = from.integer<std::int32_t>("max_msg_size", -1);
    config.max_consumers = from.integer<std::int32_t>("max_consumers", -1);
    config.replicas = from.integer<int>("num_replicas", 1);
    config.max_age = std::chrono::nanoseconds(from.integer<std::int64_t>("max_age"));
    config.duplicate_window = std::chrono::nanoseconds(from.integer<std::int64_t>("duplicate_window"));
    config.allow_rollup = from.flag("allow_rollup_hdrs");
    config.allow_direct = from.flag("allow_direct");
    config.mirror_direct = from.flag("mirror_direct");
    config.discard_new_per_subject = from.flag("discard_new_per_subject");
    config.no_ack = from.flag("no_ack");
    config.deny_delete = from.flag("deny_delete");
    config.deny_purge = from.flag("deny_purge");
    config.sealed = from.flag("sealed");
    const auto compression = from.text("compression");
    config.compressed = !compression.empty() && compression != "none";
    config.metadata = from.text_map("metadata");
    const auto placement = from.object("placement");
    config.placement.cluster = placement.text("cluster");
    config.placement.tags = placement.texts("tags");
    if (from.has("republish")) config.republish = parse_republish(from.object("republish"));
    if (from.has("mirror")) config.mirror = parse_source(from.object("mirror"));
    for (const auto& each : from.objects("sources")) config.sources.push_back(parse_source(each));
    config.allow_message_ttl = from.flag("allow_msg_ttl");
    config.subject_delete_marker_ttl =
        std::chrono::nanoseconds(from.integer<std::int64_t>("subject_delete_marker_ttl"));
    parse_newer(from, config);
    return config;
}

}  // namespace

void overlay(json::object& to, const stream_config& config) {
    to["name"] = config.name;
    set_optional(to, "description", !config.description.empty(), config.description);
    if (!config.subjects.empty()) to["subjects"] = to_array(config.subjects);
    to["retention"] = to_text(retentions, config.retention);
    to["max_consumers"] = config.max_consumers;
    to["max_msgs"] = config.max_messages;
    to["max_bytes"] = config.max_bytes;
    to["discard"] = to_text(discards, config.discard);
    to["max_age"] = config.max_age.count();
    to["max_msgs_per_subject"] = config.max_messages_per_subject;
    to["max_msg_size"] = config.max_message_size;
    to["storage"] = to_text(storages, config.storage);
    to["num_replicas"] = config.replicas;
    if (config.duplicate_window.count() != 0) to["duplicate_window"] = config.duplicate_window.count();
    set_optional(to, "sealed", config.sealed, true);
    set_optional(to, "deny_delete", config.deny_delete, true);
    set_optional(to, "deny_purge", config.deny_purge, true);
    set_optional(to, "allow_rollup_hdrs", config.allow_rollup, true);
    to["allow_direct"] = config.allow_direct;
    set_optional(to, "mirror_direct", config.mirror_direct, true);
    set_optional(to, "discard_new_per_subject", config.discard_new_per_subject, true);
    set_optional(to, "no_ack", config.no_ack, true);
    set_optional(to, "compression", config.compressed, "s2");
    set_optional(to, "metadata", !config.metadata.empty(), to_object(config.metadata));
    set_optional(to, "placement", config.placement != placement(), to_object(config.placement));
    set_optional(to, "republish", config.republish.has_value(), to_object(config.republish.value_or(republish())));
    set_optional(to, "allow_msg_ttl", config.allow_message_ttl, true);
    const auto marker_ttl = config.subject_delete_marker_ttl.count();
    set_optional(to, "subject_delete_marker_ttl", marker_ttl != 0, marker_ttl);
    overlay_origins(to, config);
    overlay_newer(to, config);
}

json::object to_json(const stream_config& config) {
    json::object created;
    overlay(created, config);
    return created;
}

cluster_info parse_cluster(const json_reader& from) {
    cluster_info cluster;
    cluster.name = from.text("name");
    cluster.leader = from.text("leader");
    for (const auto& each : from.objects("replicas")) {
        replica_info replica;
        replica.name = each.text("name");
        replica.current = each.flag("current");
        replica.offline = each.flag("offline");
        replica.active = std::chrono::nanoseconds(each.integer<std::int64_t>("active"));
        replica.lag = each.integer<std::uint64_t>("lag");
        cluster.replicas.push_back(std::move(replica));
    }
    return cluster;
}

stream_info parse_stream_info(const json::object& reply) {
    const json_reader from(reply, "stream");
    stream_info info;
    if (!from.has("config")) from.fail("config", "there");
    info.config = parse_stream_config(from.object("config"));
    info.state = parse_state(from.object("state"));
    info.created = from.text("created");
    info.domain = from.text("domain");
    info.cluster = parse_cluster(from.object("cluster"));
    if (from.has("mirror")) info.mirror = parse_source_state(from.object("mirror"));
    for (const auto& each : from.objects("sources")) info.sources.push_back(parse_source_state(each));
    return info;
}

}  // namespace mote::jetstream::detail
