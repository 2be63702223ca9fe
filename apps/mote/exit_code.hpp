#pragma once

#include <boost/system/error_code.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace mote::command {

/// What `mote` ends with.
enum class exit_code : int {
    ok = 0,
    error = 1,           ///< anything that has no code of its own
    usage = 2,           ///< a wrong option, argument, variable or NATS context
    cannot_connect = 3,  ///< no server there, or it went away; for `demo` also the Hacker News API
    not_allowed = 4,     ///< the server refused the login, or the account may not do that
    not_found = 5,       ///< no such service, instance or endpoint, or nobody listens to the subject
    timeout = 6,
    service_error = 7,  ///< the service answered with an error
    interrupted = 130,  ///< ended by SIGINT, SIGTERM or SIGHUP while it waited
};

/// What ends a command: its code, and one line for a person: `what: why; what to do next`.
class failure : public std::runtime_error {
public:
    failure(exit_code code, const std::string& line) : std::runtime_error(line), code_(code) {}
    exit_code code() const noexcept { return code_; }

private:
    exit_code code_;
};

/// The code for an error of the library.
exit_code exit_code_of(const boost::system::error_code& error) noexcept;

/// Says on standard error why a command failed, in one line, and returns its exit code.
exit_code explain(const std::exception_ptr& cause);

}  // namespace mote::command
