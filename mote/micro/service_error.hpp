#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace mote::micro {

/// What can go wrong in the services framework; thrown as `boost::system::system_error`.
enum class errc {
    service_error = 1,  ///< a service answered with an error, or a handler throws one: see class service_error
    bad_name,           ///< a service or endpoint name that is not of letters, digits, `-` and `_`
    bad_version,        ///< not a semantic version (semver.org)
    bad_subject,        ///< an endpoint's full subject cannot be subscribed to, or is not UTF-8
    bad_queue_group,    ///< a queue group with blanks or control characters, or that is not UTF-8
    bad_metadata,       ///< metadata with a reserved key; it, a description or a schema that INFO cannot say
    bad_reply,          ///< a discovery reply that is not what ADR-32 says
    stopped,            ///< the service is stopped or stopping
    drain_timeout,      ///< requests were still in flight at the deadline of stop()
    bad_middleware,     ///< an empty middleware, or an inline one around a handler that waits
    unknown_endpoint,   ///< no endpoint of that name to remove
    queue_taken,        ///< another work endpoint of the service has the same stream and consumer
    bad_handler,        ///< an empty function, of which there is nothing to call
    // Of the caller's side.
    not_found,            ///< no instance of a service answers, or none has an endpoint of that name
    no_matching_version,  ///< no instance's version is within the range that was asked for
    not_addressable,      ///< an instance cannot be asked by itself: it advertises no direct subject
    needs_subject,        ///< an endpoint's subject has wildcards, so the caller has to say the whole subject
    bad_version_range,    ///< text that is no range of versions
    bad_call,             ///< options of a call that contradict each other
    undecodable_reply,    ///< a reply that is not of the type that the caller asked for
    not_awaited,          ///< of `call_all`: enough others had answered
    incomplete_stream,    ///< items of a stream of replies were lost on the way
};

const boost::system::error_category& micro_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

/// An error that a service answers with: thrown by a handler it becomes the `Nats-Service-Error` headers of the reply,
/// and a caller gets it thrown when a reply has them (ADR-32).
class service_error : public boost::system::system_error {
public:
    /// `status` is 100 to 999, by custom an HTTP status; `description` is one line for a person, not empty.
    service_error(int status, std::string description, std::string data = {});

    int status() const noexcept { return status_; }
    const std::string& description() const noexcept { return description_; }
    /// The body that came or goes with the error; mostly empty.
    const std::string& data() const noexcept { return data_; }

private:
    int status_;
    std::string description_;
    std::string data_;
};

}  // namespace mote::micro

template <>
struct boost::system::is_error_code_enum<mote::micro::errc> : std::true_type {};
