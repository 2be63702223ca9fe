#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mote::jetstream {

enum class retention_policy { limits, interest, work_queue };
enum class discard_policy { old_messages, new_messages };
enum class storage_type { file, memory };

/// Which servers of a cluster keep a stream; a server without a cluster keeps this in mind only.
struct placement {
    std::string cluster{};
    std::vector<std::string> tags{};  ///< a server must have all of them

    bool operator==(const placement&) const = default;
};

/// Where the stream publishes a copy of what it stores, with `Nats-Stream`, `Nats-Sequence` and the like in the headers.
struct republish {
    std::string source{};       ///< a filter of the stream's subjects
    std::string destination{};  ///< a subject, with `{{wildcard(1)}}` or `>` for parts of the source
    bool headers_only = false;

    bool operator==(const republish&) const = default;
};

/// How a stream keeps messages; -1 is no bound. Names as in the API (ADR: reference of JetStream stream configuration).
struct stream_config {
    std::string name{};
    std::string description{};
    std::vector<std::string> subjects{};
    retention_policy retention = retention_policy::limits;
    discard_policy discard = discard_policy::old_messages;
    storage_type storage = storage_type::file;
    std::int64_t max_messages = -1;
    std::int64_t max_bytes = -1;
    std::int64_t max_messages_per_subject = -1;
    std::int32_t max_message_size = -1;
    std::int32_t max_consumers = -1;
    int replicas = 1;
    std::chrono::nanoseconds max_age{0};           ///< 0: for ever
    std::chrono::nanoseconds duplicate_window{0};  ///< 0: the server's default, 2 minutes
    bool allow_rollup = false;
    bool allow_direct = false;
    bool deny_delete = false;
    bool deny_purge = false;
    bool sealed = false;
    jetstream::placement placement{};
    std::optional<jetstream::republish> republish{};
    // What follows is refused with `errc::not_supported` where the server is too old: it would forget it silently.
    bool compressed = false;                        ///< s2; from 2.10
    std::map<std::string, std::string> metadata{};  ///< from 2.10; from 2.11 the server adds some `_nats.` ones
    bool allow_message_ttl = false;                 ///< publish_options::ttl; from 2.11
    /// When messages go because of their age, one with `Nats-Marker-Reason` stays so long in their place; at least 1 s, 0:
    /// none. From 2.11.
    std::chrono::nanoseconds subject_delete_marker_ttl{0};
};

struct stream_state {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t subjects = 0;
    int consumers = 0;
};

struct stream_info {
    stream_config config{};
    stream_state state{};
    std::string created{};  ///< RFC 3339
};

}  // namespace mote::jetstream
