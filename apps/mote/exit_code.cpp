#include <apps/mote/exit_code.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/nats/error.hpp>

#include <boost/system/system_error.hpp>

namespace mote::command {
namespace {

exit_code code_of_nats(nats::errc error) noexcept {
    switch (error) {
        case nats::errc::connect_failed:
        case nats::errc::disconnected:
        case nats::errc::stale_connection:
        case nats::errc::tls_unavailable:
        case nats::errc::bad_certificate:
        case nats::errc::tls_failed:
        case nats::errc::closed: return exit_code::cannot_connect;
        case nats::errc::auth_failed:
        case nats::errc::credentials_expired:
        case nats::errc::permission_denied: return exit_code::not_allowed;
        case nats::errc::no_responders: return exit_code::not_found;
        case nats::errc::timeout: return exit_code::timeout;
        case nats::errc::bad_subject:
        case nats::errc::bad_queue_group:
        case nats::errc::bad_header:
        case nats::errc::bad_url:
        case nats::errc::bad_credentials:
        case nats::errc::bad_context: return exit_code::usage;
        default: return exit_code::error;
    }
}

}  // namespace

exit_code exit_code_of(const boost::system::error_code& error) noexcept {
    if (error.category() == nats::nats_category()) return code_of_nats(static_cast<nats::errc>(error.value()));
    if (error == micro::errc::service_error) return exit_code::service_error;
    if (error == micro::errc::bad_name) return exit_code::usage;
    return exit_code::error;
}

exit_code explain(const std::exception_ptr& cause) {
    try {
        std::rethrow_exception(cause);
    } catch (const failure& known) {
        say(known.what());
        return known.code();
    } catch (const boost::system::system_error& error) {
        const bool lost = error.code() == nats::errc::closed || error.code() == nats::errc::disconnected;
        say(plain_reason(error.what()) + (lost ? "; the connection to the server was lost, try again" : ""));
        return exit_code_of(error.code());
    } catch (const std::exception& error) {
        say(plain_reason(error.what()));
        return exit_code::error;
    }
}

}  // namespace mote::command
