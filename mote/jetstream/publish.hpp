#pragma once

#include <mote/nats/headers.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mote::jetstream {

/// Makes a message one that the stream publishes later, or again and again, in the place of whoever sent it. It stays under
/// its own subject, one schedule a subject, until it is replaced or deleted.
struct message_schedule {
    std::string when{};       ///< `@at 2026-11-24T00:13:09Z`, `@every 5m` (at least 1 s), or a cron line with seconds
    std::string target{};     ///< the subject to publish to, of the same stream
    std::string source{};     ///< publishes what this subject had last in place of this payload; empty: this one
    std::string time_zone{};  ///< of a cron line, such as `Europe/Vienna`; empty: UTC
    std::chrono::nanoseconds ttl{0};  ///< of what it publishes; at least 1 s, 0: stays
    bool rollup = false;              ///< what it publishes takes the place of all that the target had
};

struct publish_options {
    std::string message_id{};  ///< deduplicated within the stream's duplicate window
    std::string expected_stream{};
    std::optional<std::uint64_t> expected_last_sequence{};
    std::optional<std::uint64_t> expected_last_subject_sequence{};
    /// Which subject, or filter of subjects, expected_last_subject_sequence is of; empty: that of the message. From 2.11.
    std::string expected_last_subject{};
    std::string expected_last_message_id{};
    std::string rollup{};  ///< `sub` or `all`: Nats-Rollup
    std::chrono::nanoseconds ttl{
        0};  ///< the message goes after this, counted in seconds; at least 1 s, 0: stays. From 2.11
    /// For a stream with stream_config::allow_message_counter: a whole number of any length with a sign, which is added to
    /// what the subject has; the payload must be empty. From 2.12.
    std::string counter_increment{};
    /// For a stream with stream_config::allow_message_schedules. From 2.12.
    std::optional<message_schedule> schedule{};
    nats::headers headers{};  ///< sent as well
};

struct publish_ack {
    std::string stream{};
    std::uint64_t sequence = 0;
    bool duplicate = false;
    std::string domain{};          ///< of JetStream; empty: the server has none
    std::string value{};           ///< what the counter of the subject has now
    std::string batch{};           ///< the id of the batch that this message has ended
    std::uint64_t batch_size = 0;  ///< and how many messages it had
};

}  // namespace mote::jetstream
