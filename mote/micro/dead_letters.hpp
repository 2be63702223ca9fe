#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro {

/// Work that no try could do, as the stream `mote_dead` keeps it. Members that the letter does not tell, or not rightly,
/// are empty: anybody can publish there.
struct dead_letter {
    std::uint64_t sequence = 0;  ///< in `mote_dead`: what it is asked for by
    std::string service{};       ///< whose work it was
    std::string endpoint{};
    std::chrono::system_clock::time_point time{};  ///< when it was given up
    std::string reason{};                          ///< of the last try
    std::optional<std::uint64_t> tries{};
    std::string subject{};                           ///< where it was published; empty: it cannot be published again
    std::string stream{};                            ///< that kept it as work
    std::optional<std::uint64_t> stream_sequence{};  ///< in `stream`
    std::string message_id{};                        ///< `Nats-Msg-Id` that its publisher gave it
    nats::headers headers{};                         ///< of its publisher, without what only held for that publish
    std::size_t size = 0;                            ///< bytes of the payload
    std::string payload{};                           ///< `list` leaves it empty
};

/// Whose letters: of one service, of one endpoint, or all.
struct dead_letter_filter {
    std::string service{};
    std::string endpoint{};
};

/// Where a page of a listing begins, and how long it may be.
struct dead_letter_page {
    std::uint64_t from = 1;   ///< the first sequence; for the next page the last one of this page, plus 1
    std::size_t limit = 100;  ///< 1..1000
};

/// What became of `retry_all`.
struct retry_counts {
    std::size_t retried = 0;
    std::size_t failed = 0;       ///< they are still there
    std::string first_failure{};  ///< "<sequence>: <why>"; empty without one
};

/// Whose work it is that no try could do, and why.
struct lost_work {
    std::string service{};  ///< names as services have them
    std::string endpoint{};
    std::string stream{};                            ///< that keeps it as work
    std::uint64_t sequence = 0;                      ///< in `stream`
    std::chrono::system_clock::time_point stored{};  ///< when `stream` stored it
    std::uint64_t tries = 0;
    std::string reason{};  ///< up to 1,024 bytes of it are kept
};

/// The dead letters of all work endpoints on a server: to look at, to publish once more, to throw away. A server that has
/// none yet is one with no letters.
///
///     micro::dead_letters letters(connection);
///     micro::dead_letter_filter orders;
///     orders.service = "Orders";
///     for (const auto& each : co_await letters.list(orders)) ...
///     co_await letters.retry_all(orders);
///
/// A light handle, copyable; it may end before the calls made on it. Executor and thread rules of the connection. Calls
/// throw what jetstream::context throws (`jetstream::errc::not_enabled` where there is no JetStream), and
/// `errc::bad_name` for a filter that no service or endpoint can have.
class dead_letters {
public:
    explicit dead_letters(nats::connection connection);
    explicit dead_letters(jetstream::context js);

    /// Makes a dead letter of a message, as work endpoints do, for work that is done in another way; the stream is made if it
    /// is not there. Returns when it is kept; the same message of `stream` twice is one letter, within two minutes.
    boost::asio::awaitable<void> add(lost_work what, nats::message message) const;

    /// The letters of a page, oldest first, without their payloads.
    boost::asio::awaitable<std::vector<dead_letter>> list(dead_letter_filter filter = dead_letter_filter(),
                                                          dead_letter_page page = dead_letter_page()) const;
    /// One letter with its payload; nothing when it is not there.
    boost::asio::awaitable<std::optional<dead_letter>> get(std::uint64_t sequence) const;

    /// Publishes the payload and the publisher's headers to the subject once more, with a message id of its own, waits
    /// until a stream has it, and only then removes the letter. Nothing when the letter is not there. Throws
    /// `nats::errc::bad_subject` when it does not tell its subject, `jetstream::errc::no_stream_response` when no stream takes
    /// that; then the letter stays. Work that was taken just before a failure is not done twice: trying again within the
    /// stream's duplicate window only removes the letter.
    boost::asio::awaitable<std::optional<jetstream::publish_ack>> retry(std::uint64_t sequence) const;
    /// Removes the letter; false when it is not there.
    boost::asio::awaitable<bool> drop(std::uint64_t sequence) const;

    /// `retry` of all that are there now; those that die again meanwhile are left for the next time. Goes on behind one
    /// that cannot be published; throws what ends all, such as a lost connection.
    boost::asio::awaitable<retry_counts> retry_all(dead_letter_filter filter = dead_letter_filter()) const;
    /// Removes all, at once; returns how many.
    boost::asio::awaitable<std::uint64_t> drop_all(dead_letter_filter filter = dead_letter_filter()) const;

private:
    jetstream::context js_;
};

}  // namespace mote::micro
