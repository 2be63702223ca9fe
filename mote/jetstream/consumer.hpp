#pragma once

#include <mote/jetstream/stream.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mote::jetstream {

enum class deliver_policy { all, last, new_messages, by_start_sequence, by_start_time, last_per_subject };
/// `flow_control` (from nats-server 2.14): push consumers of other streams; what is answered to flow control is settled.
enum class ack_policy { explicit_ack, all, none, flow_control };
/// At once, or with the pauses in between that the messages came with.
enum class replay_policy { instant, original };
/// Which of those who pull gets the messages (from nats-server 2.11). With `pinned_client` one of them gets all, until it
/// does not pull for the consumer's priority_timeout, or is unpinned; the others wait.
enum class priority_policy { none, overflow, pinned_client, prioritized };

/// How a consumer hands out the messages of its stream. Where 0 stands for the server's default, an update keeps what the
/// consumer has. The deliver, start, ack, replay and pause members cannot be changed once it is made.
struct consumer_config {
    std::string name{};   ///< may be empty for one that is not durable: then it is made up
    bool durable = true;  ///< false: the server deletes it after inactive_threshold without anybody who pulls
    std::string description{};
    deliver_policy deliver = deliver_policy::all;
    std::uint64_t start_sequence = 0;  ///< for by_start_sequence
    std::string start_time{};          ///< for by_start_time; RFC 3339
    ack_policy ack = ack_policy::explicit_ack;
    std::chrono::nanoseconds ack_wait{0};  ///< redelivered when not settled for so long; 0: the default, 30 s
    int max_deliver = -1;                  ///< tries of one message, the first included; -1: no bound
    /// The wait before each redelivery in place of ack_wait, the last one repeated; 2.9 wants a max_deliver above its
    /// length. A nak without a delay does not wait for it. Servers add what it grows by to the delay of a nak: use one of
    /// the two.
    std::vector<std::chrono::nanoseconds> backoff{};
    /// None: all of the stream. Several need nats-server 2.10 (else `errc::not_supported`) and must not overlap.
    std::vector<std::string> filter_subjects{};
    int max_ack_pending = 0;                         ///< not settled, over all who pull; 0: the default, 1000
    int max_waiting = 0;                             ///< pull requests that wait; 0: the default, 512
    int max_batch = 0;                               ///< messages of one pull request; 0: no bound
    std::chrono::nanoseconds max_expires{0};         ///< of one pull request; 0: no bound
    int max_bytes = 0;                               ///< of one pull request; 0: no bound
    std::chrono::nanoseconds inactive_threshold{0};  ///< 0: a durable one stays, another one goes after 5 s
    int replicas = 0;                                ///< 0: as the stream
    bool memory_storage = false;
    /// Another one than `none` needs nats-server 2.11 (else `errc::not_supported`) and a group.
    jetstream::priority_policy priority = jetstream::priority_policy::none;
    std::vector<std::string> priority_groups{};     ///< names of 1 to 16 characters; servers look at the first one only
    std::chrono::nanoseconds priority_timeout{0};   ///< of `pinned_client`; 0: the default, 2 min
    bool headers_only = false;                      ///< with `Nats-Msg-Size` in place of the payload
    std::map<std::string, std::string> metadata{};  ///< from 2.10; from 2.11 the server adds some `_nats.` ones
    replay_policy replay = replay_policy::instant;
    /// So many of a hundred acknowledgements are told on `$JS.EVENT.METRIC.CONSUMER.ACK.<stream>.<consumer>`; 0: none, or
    /// what it has.
    int sample_percent = 0;
    /// It hands out nothing until then, see `context::pause_consumer`; RFC 3339, empty: it does at once, or stays as it is where
    /// it is there already. From 2.11.
    std::string pause_until{};
    // A consumer with a subject to deliver to is a push consumer: it sends what it has to whoever subscribes there, and is
    // not pulled from. What comes is settled with `nats::connection::respond` (`+ACK`, `-NAK`, ...). What is empty or 0
    // is not changed.
    std::string deliver_subject{};
    std::string deliver_group{};  ///< only to a queue group of this name
    bool flow_control = false;    ///< it stops until its questions (status 100 with a reply) are answered
    std::chrono::nanoseconds idle_heartbeat{0};  ///< status 100 when there was nothing for so long; 0: none
    std::uint64_t rate_limit = 0;                ///< bits a second; 0: no bound
};

/// A place in a consumer's work: the sequence of the delivery, and that of the message in the stream.
struct consumer_position {
    std::uint64_t consumer_sequence = 0;
    std::uint64_t stream_sequence = 0;
};

/// Who has the turn in a group of a consumer with a priority policy.
struct priority_group_state {
    std::string group{};
    std::string pinned_id{};     ///< `Nats-Pin-Id` of who is pinned; empty: nobody is
    std::string pinned_since{};  ///< RFC 3339
};

/// What pausing a consumer came to.
struct pause_state {
    bool paused = false;
    std::chrono::nanoseconds remaining{0};
};

struct consumer_info {
    std::string stream{};
    std::string name{};
    consumer_config config{};
    std::string created{};          ///< RFC 3339
    consumer_position delivered{};  ///< the last delivery
    consumer_position ack_floor{};  ///< everything up to here is settled
    std::uint64_t pending = 0;      ///< messages that were not delivered yet
    std::uint64_t ack_pending = 0;  ///< delivered and not settled
    std::uint64_t redelivered = 0;  ///< of those, the ones that were delivered more than once
    std::uint64_t waiting = 0;      ///< pull requests that wait
    bool push = false;              ///< it delivers by itself, nobody can pull
    bool push_bound = false;        ///< and somebody is there to get it
    pause_state pause{};
    std::vector<priority_group_state> groups{};
    cluster_info cluster{};
};

/// What the server says of one delivery of a message.
struct delivery_info {
    std::uint64_t stream_sequence = 0;
    std::uint64_t consumer_sequence = 0;
    std::uint64_t delivered = 0;                   ///< 1 for the first delivery of this message
    std::uint64_t pending = 0;                     ///< messages that this consumer has not delivered yet
    std::chrono::system_clock::time_point time{};  ///< when the stream stored it
};

}  // namespace mote::jetstream
