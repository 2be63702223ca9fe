#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace mote::jetstream {

/// What can go wrong in JetStream; the server's `err_code`s that callers act on have their own value.
enum class errc {
    not_enabled = 1,      ///< no JetStream on the server or for the account (10039, 10076, or nobody answers the API)
    stream_not_found,     ///< 10059
    stream_exists,        ///< 10058: a stream of this name exists with another configuration
    consumer_not_found,   ///< 10014, or a consumer was deleted while it was pulled from
    message_not_found,    ///< 10037, or a 404 of a direct get
    wrong_last_sequence,  ///< 10071 and 10164: the expected sequence was not the last one
    no_stream_response,   ///< a publish that no stream took
    bad_request,          ///< 10003 and other 400s: the server's text says what
    insufficient_resources,  ///< 10002, 10005, 10047, ..., 503s, 429s: storage, memory, a limit, or servers are used up
    api_error,               ///< any other error of the API; see server_error for its numbers
    bad_reply,               ///< a reply that is not what the API promises
    bad_config,              ///< a configuration or option that is refused before it is sent
    not_supported,         ///< asked for something that the server is too old for; the text says since when there is it
    message_ttl_disabled,  ///< 10166: a message with a TTL, on a stream that does not allow it
    stream_sealed,         ///< 10109: a change of a stream that is sealed
    no_heartbeat,          ///< a consumer that is pulled from was silent for two heartbeats
    pull_ended,            ///< the server ended pull requests before their time; its text says why
    not_allowed,           ///< 10168, 10174, 10188: the stream's configuration allows no counters, batches or schedules
    batch_incomplete,      ///< 10176: the server has given a batch up, or does not have all of it; nothing is stored
    consumer_exists,       ///< 10148, 10105 and 10013: a consumer of this name exists with another configuration
    message_ttl_invalid,   ///< 10165: a message with a TTL that is none, or below a second
    consumer_refused,      ///< 10012: the consumer cannot be made, or changed, so; the server's text says why
};

const boost::system::error_category& jetstream_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

/// An error that the JetStream API answered: `code()` is one of errc, the server's own numbers and text beside it.
class server_error : public boost::system::system_error {
public:
    server_error(errc code, int status, int err_code, const std::string& description);
    int status() const noexcept { return status_; }      ///< the HTTP-like `code`
    int err_code() const noexcept { return err_code_; }  ///< the server's own number, for example 10059
    const std::string& description() const noexcept { return description_; }

private:
    int status_;
    int err_code_;
    std::string description_;
};

}  // namespace mote::jetstream

template <>
struct boost::system::is_error_code_enum<mote::jetstream::errc> : std::true_type {};
