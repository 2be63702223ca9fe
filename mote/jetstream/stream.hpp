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
/// When a stream writes what it confirms: before, or some time after it, so that a server that is killed may have lost it.
enum class persist_mode { immediate, asynchronous };

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

/// Another name for what comes under one: `{{wildcard(1)}}`, `{{partition(10,1)}}` and the like stand for parts of the source.
struct subject_transform {
    std::string source{};       ///< a filter of subjects; empty: all
    std::string destination{};  ///< empty in a stream_source: taken as it is, so that source is only a filter

    bool operator==(const subject_transform&) const = default;
};

/// Another stream that a mirror or a stream with sources copies from, and what of it. It does not have to be there yet.
struct stream_source {
    std::string name{};                           ///< of the stream
    std::uint64_t start_sequence = 0;             ///< the first one that is copied; 0: from the start
    std::string start_time{};                     ///< in place of start_sequence: not older than this; RFC 3339
    std::string filter_subject{};                 ///< of its subjects; empty: all
    std::vector<subject_transform> transforms{};  ///< from 2.10, in place of the filter: what comes, and as what
    /// For a stream of another domain or account: how its API is reached from here, such as `$JS.hub.API` for the domain
    /// `hub`, and the prefix of the subjects under which its messages come (empty: the server's own choice).
    std::string api_prefix{};
    std::string deliver_prefix{};
    /// A durable push consumer of that stream, made before, that brings the messages, and the subject it delivers to (empty:
    /// what it has); in place of the start and the filter. Empty: servers make one of their own. From 2.14.
    std::string consumer{};
    std::string consumer_subject{};

    bool operator==(const stream_source&) const = default;
};

/// What consumers of a stream get that do not say it themselves, and may not exceed; 0 is no bound.
struct consumer_limits {
    std::chrono::nanoseconds inactive_threshold{0};
    int max_ack_pending = 0;

    bool operator==(const consumer_limits&) const = default;
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
    bool discard_new_per_subject =
        false;            ///< with discard_policy::new_messages: max_messages_per_subject refuses as well
    bool no_ack = false;  ///< it confirms nothing: `publish` waits in vain
    std::chrono::nanoseconds max_age{0};           ///< 0: for ever
    std::chrono::nanoseconds duplicate_window{0};  ///< 0: the server's default, 2 minutes
    bool allow_rollup = false;
    bool allow_direct = false;
    bool mirror_direct =
        false;  ///< a mirror answers direct gets of what it mirrors; servers set it if that allows them
    bool deny_delete = false;
    bool deny_purge = false;
    bool sealed = false;
    jetstream::placement placement{};
    std::optional<jetstream::republish> republish{};
    /// It has what another stream has, under the same sequences. Then it has no subjects of its own, and cannot be
    /// published to. An update without it makes a stream of its own of the mirror, where the server can (2.12).
    std::optional<stream_source> mirror{};
    std::vector<stream_source> sources{};  ///< it stores what these store, beside what comes to its own subjects
    // What follows is refused with `errc::not_supported` where the server is too old: it would forget it silently.
    bool compressed = false;                        ///< s2; from 2.10
    std::map<std::string, std::string> metadata{};  ///< from 2.10; from 2.11 the server adds some `_nats.` ones
    bool allow_message_ttl = false;                 ///< publish_options::ttl; from 2.11
    /// When messages go because of their age, one with `Nats-Marker-Reason` stays so long in their place; at least 1 s, 0:
    /// none. From 2.11.
    std::chrono::nanoseconds subject_delete_marker_ttl{0};
    std::optional<jetstream::subject_transform> subject_transform{};  ///< of what is published to it; from 2.10
    std::uint64_t first_sequence = 0;                                 ///< of the first message; 0: 1; from 2.10
    jetstream::consumer_limits consumer_limits{};                     ///< from 2.10
    bool allow_message_counter = false;    ///< a message is a number to add to what its subject has; from 2.12
    bool allow_atomic_publish = false;     ///< batches of which all is stored, or nothing; from 2.12
    bool allow_message_schedules = false;  ///< publish_options::schedule; from 2.12
    jetstream::persist_mode persist = jetstream::persist_mode::immediate;  ///< asynchronous: from 2.12
    bool allow_batch_publish = false;  ///< the fast batches of newer clients; from 2.14
};

/// The duplicate window of a stream whose messages go after `max_age` (0: never), where nobody says another: the servers'
/// default, 2 minutes, which the age bounds.
constexpr std::chrono::nanoseconds usual_duplicate_window(std::chrono::nanoseconds max_age) noexcept {
    constexpr std::chrono::nanoseconds longest = std::chrono::minutes(2);
    return max_age.count() > 0 && max_age < longest ? max_age : longest;
}

struct stream_state {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t subjects = 0;
    int consumers = 0;
    std::optional<std::chrono::system_clock::time_point> first_time{};  ///< nothing: it never had a message
    std::optional<std::chrono::system_clock::time_point> last_time{};
    std::uint64_t deleted = 0;                       ///< sequences that are missing between the first and the last
    std::vector<std::uint64_t> deleted_sequences{};  ///< only when they were asked for: stream_details
    std::map<std::string, std::uint64_t> subject_counts{};  ///< messages of each subject, when they were asked for
};

/// How far a mirror or a source is.
struct source_state {
    std::string name{};
    std::uint64_t lag = 0;                             ///< messages that are still to come
    std::optional<std::chrono::nanoseconds> active{};  ///< since something came; nothing: never
    std::string error{};                               ///< what the server says is wrong; empty: nothing
};

/// A server of a cluster that keeps a stream or a consumer, beside its leader.
struct replica_info {
    std::string name{};
    bool current = false;  ///< it has all that the leader has
    bool offline = false;
    std::chrono::nanoseconds active{0};  ///< since the leader heard of it
    std::uint64_t lag = 0;               ///< operations that it is behind
};

struct cluster_info {
    std::string name{};    ///< empty: the server has no cluster
    std::string leader{};  ///< empty: there is none now, or the server is too old to say it without a cluster
    std::vector<replica_info> replicas{};
};

struct stream_info {
    stream_config config{};
    stream_state state{};
    std::string created{};  ///< RFC 3339
    std::string domain{};
    cluster_info cluster{};
    std::optional<source_state> mirror{};
    std::vector<source_state> sources{};
};

/// What of a stream is told only when it is asked for.
struct stream_details {
    std::string subjects_filter{};  ///< which subjects to count the messages of, `>` for all; empty: none
    bool deleted = false;           ///< the sequences that are missing
};

}  // namespace mote::jetstream
