#pragma once

#include <mote/jetstream/consumer.hpp>
#include <mote/jetstream/context_options.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/jetstream/publish.hpp>
#include <mote/jetstream/stream.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream {

/// What an account may use; -1 is no bound.
struct account_limits {
    std::int64_t max_memory = -1;
    std::int64_t max_storage = -1;
    int max_streams = -1;
    int max_consumers = -1;
};

struct account_info {
    std::uint64_t memory = 0;  ///< bytes that are used
    std::uint64_t storage = 0;
    int streams = 0;
    int consumers = 0;
    std::string domain{};  ///< empty: the server has none
    account_limits limits{};
    std::uint64_t api_requests = 0;
    std::uint64_t api_errors = 0;
    int api_level = 0;  ///< 0 before 2.11
};

/// A message as a stream keeps it.
struct stored_message {
    nats::message
        message{};          ///< headers (the server adds some `Nats-` ones) and payload; its own subject means nothing
    std::string subject{};  ///< where it was published
    std::uint64_t sequence = 0;
    std::chrono::system_clock::time_point time{};
};

/// JetStream of one connection: streams, consumers, publishing with acknowledgement, direct reads. A light handle,
/// copyable; it may end before the calls made on it. Executor and thread rules of the connection. Every call throws
/// server_error for what the API answers, nats errors for the transport, `errc::not_enabled` where there is no JetStream,
/// `errc::bad_config` for a name that cannot be one, `errc::not_supported` for what the server is too old for,
/// `errc::bad_reply` for an answer that is not what the API promises. Where an older server than that of the connection keeps
/// what is made (in another domain, or in a cluster of several versions), it may leave out what it does not know: then
/// `errc::not_supported` names that behind the fact, and the stream or consumer is there without it.
class context {
public:
    context() = default;
    explicit context(nats::connection connection, context_options opts = context_options());

    boost::asio::awaitable<account_info> account() const;

    boost::asio::awaitable<stream_info> create_stream(stream_config config) const;
    /// The same, but nothing when there is one of that name with another configuration.
    boost::asio::awaitable<std::optional<stream_info>> try_create_stream(stream_config config) const;
    /// Changes the stream to what stream_config says; what that does not model stays. So read the configuration, change
    /// it and hand it back: sources, a mirror or a transform that are left out go. No subjects, no duplicate window and no
    /// first sequence mean those that it has.
    boost::asio::awaitable<stream_info> update_stream(stream_config config) const;
    /// Updates the stream, or makes it when there is none.
    boost::asio::awaitable<stream_info> create_or_update_stream(stream_config config) const;
    boost::asio::awaitable<stream_info> stream(std::string name) const;
    /// The same, but nothing when there is none.
    boost::asio::awaitable<std::optional<stream_info>> find_stream(std::string name) const;
    /// The same as `stream` with what is not told unasked; counts of subjects over all pages (of 100,000 subjects each).
    boost::asio::awaitable<stream_info> stream(std::string name, stream_details wanted) const;
    boost::asio::awaitable<void> delete_stream(std::string name) const;
    /// Removes all messages, or those of `filter`, keeping the last `keep` of them; returns how many.
    boost::asio::awaitable<std::uint64_t> purge_stream(std::string name, std::string filter = {},
                                                       std::uint64_t keep = 0) const;
    /// Removes the messages of `filter` (empty: all) that were stored before `sequence`; returns how many. Without a filter
    /// it needs nats-server 2.10 for a stream in memory.
    boost::asio::awaitable<std::uint64_t> purge_stream_before(std::string name, std::string filter,
                                                              std::uint64_t sequence) const;
    /// Names of the streams that keep `subject` (all when empty), over all pages.
    boost::asio::awaitable<std::vector<std::string>> stream_names(std::string subject = {}) const;
    /// The same with all that is known of each.
    boost::asio::awaitable<std::vector<stream_info>> streams(std::string subject = {}) const;
    /// The stream that keeps `subject`. Throws `errc::stream_not_found` when none does.
    boost::asio::awaitable<std::string> stream_name_by_subject(std::string subject) const;

    /// Makes a consumer, or changes what consumer_config models of the one that has this name; all else that the server
    /// has of it stays, and when nothing differs it is only asked for. What the server refuses to change is a
    /// server_error. Throws `errc::bad_config` at once.
    boost::asio::awaitable<consumer_info> create_or_update_consumer(std::string stream, consumer_config config) const;
    /// The same, but throws `errc::consumer_exists` when there is one with another configuration. nats-server 2.9 is asked
    /// before, so there two who make one at the same time may both succeed.
    boost::asio::awaitable<consumer_info> create_consumer(std::string stream, consumer_config config) const;
    /// The same, but throws `errc::consumer_not_found` when there is none.
    boost::asio::awaitable<consumer_info> update_consumer(std::string stream, consumer_config config) const;
    /// Throws `errc::consumer_not_found`.
    boost::asio::awaitable<consumer_info> consumer(std::string stream, std::string name) const;
    boost::asio::awaitable<void> delete_consumer(std::string stream, std::string name) const;
    /// Ends the turn of whoever is pinned to the group of a consumer of `priority_policy::pinned_client`: the next one that
    /// pulls is. Needs nats-server 2.11.
    boost::asio::awaitable<void> unpin_consumer(std::string stream, std::string name, std::string group) const;
    /// Lets a consumer hand out nothing until then; a time that has passed is as resume_consumer. What was handed out can be
    /// settled. Both need nats-server 2.11.
    boost::asio::awaitable<pause_state> pause_consumer(std::string stream, std::string name,
                                                       std::chrono::system_clock::time_point until) const;
    boost::asio::awaitable<void> resume_consumer(std::string stream, std::string name) const;
    /// Lets a consumer begin again behind what is settled without a gap or, with a `sequence`, there. Returns the sequence
    /// from which on it delivers. What was handed out cannot be settled any more. Needs nats-server 2.14.
    boost::asio::awaitable<std::uint64_t> reset_consumer(std::string stream, std::string name,
                                                         std::uint64_t sequence = 0) const;
    /// Over all pages.
    boost::asio::awaitable<std::vector<std::string>> consumer_names(std::string stream) const;
    boost::asio::awaitable<std::vector<consumer_info>> consumers(std::string stream) const;

    /// Publishes at once, and waits for the stream's acknowledgement when awaited. The arguments may end with the call.
    /// No stream there: two more tries 250 ms apart, then `errc::no_stream_response`.
    boost::asio::awaitable<publish_ack> publish(std::string_view subject, std::string_view payload,
                                                const publish_options& opts = publish_options()) const;

    /// The last message of a subject, or that of a sequence; nothing when there is none. Any replica answers, so this is
    /// one request; only where the stream does not allow direct gets its leader answers (`STREAM.MSG.GET`), and the first
    /// such read of a stream takes half a second to find that out. Sends at once.
    boost::asio::awaitable<std::optional<stored_message>> last_message(std::string stream, std::string subject) const;
    boost::asio::awaitable<std::optional<stored_message>> message(std::string stream, std::uint64_t sequence) const;
    /// The first message of a subject, or of a filter, at a sequence or behind it. As `message`.
    boost::asio::awaitable<std::optional<stored_message>> next_message(std::string stream, std::string subject,
                                                                       std::uint64_t sequence) const;
    /// Removes one message; false when it is not there. Its bytes are not overwritten. Throws server_error where the stream
    /// does not allow it.
    boost::asio::awaitable<bool> delete_message(std::string stream, std::uint64_t sequence) const;
    /// The same, and overwrites its bytes, which takes longer.
    boost::asio::awaitable<bool> erase_message(std::string stream, std::uint64_t sequence) const;

    const nats::connection& connection() const noexcept { return connection_; }
    const std::string& api_prefix() const noexcept { return prefix_; }  ///< ends with a dot
    std::chrono::nanoseconds timeout() const noexcept { return timeout_; }

private:
    nats::connection connection_;
    std::string prefix_;
    std::chrono::nanoseconds timeout_{};
    /// Streams that were seen not to answer direct gets. It only saves a question: their leaders always answer.
    std::shared_ptr<std::set<std::string>> leader_only_;
};

}  // namespace mote::jetstream
