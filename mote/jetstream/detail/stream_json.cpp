#include <mote/jetstream/detail/stream_json.hpp>

#include <mote/jetstream/detail/config_json.hpp>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;

constexpr word<retention_policy> retentions[] = {{retention_policy::limits, "limits"},
                                                 {retention_policy::interest, "interest"},
                                                 {retention_policy::work_queue, "workqueue"}};
constexpr word<discard_policy> discards[] = {{discard_policy::old_messages, "old"},
                                             {discard_policy::new_messages, "new"}};
constexpr word<storage_type> storages[] = {{storage_type::file, "file"}, {storage_type::memory, "memory"}};

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
    config.allow_message_ttl = from.flag("allow_msg_ttl");
    config.subject_delete_marker_ttl =
        std::chrono::nanoseconds(from.integer<std::int64_t>("subject_delete_marker_ttl"));
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
    set_optional(to, "compression", config.compressed, "s2");
    set_optional(to, "metadata", !config.metadata.empty(), to_object(config.metadata));
    set_optional(to, "placement", config.placement != placement(), to_object(config.placement));
    set_optional(to, "republish", config.republish.has_value(), to_object(config.republish.value_or(republish())));
    set_optional(to, "allow_msg_ttl", config.allow_message_ttl, true);
    const auto marker_ttl = config.subject_delete_marker_ttl.count();
    set_optional(to, "subject_delete_marker_ttl", marker_ttl != 0, marker_ttl);
}

json::object to_json(const stream_config& config) {
    json::object created;
    overlay(created, config);
    return created;
}

stream_info parse_stream_info(const json::object& reply) {
    const json_reader from(reply, "stream");
    stream_info info;
    if (!from.has("config")) from.fail("config", "there");
    info.config = parse_stream_config(from.object("config"));
    const auto state = from.object("state");
    info.state.messages = state.integer<std::uint64_t>("messages");
    info.state.bytes = state.integer<std::uint64_t>("bytes");
    info.state.first_sequence = state.integer<std::uint64_t>("first_seq");
    info.state.last_sequence = state.integer<std::uint64_t>("last_seq");
    info.state.subjects = state.integer<std::uint64_t>("num_subjects");
    info.state.consumers = state.integer<int>("consumer_count");
    info.created = from.text("created");
    return info;
}

}  // namespace mote::jetstream::detail
