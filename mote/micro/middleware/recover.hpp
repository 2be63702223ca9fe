#pragma once

#include <mote/micro/middleware.hpp>

#include <exception>
#include <functional>

namespace mote::micro {

/// Gives what a handler throws to `function`, service errors too, which may answer, throw something else (a
/// `service_error` becomes the answer) or rethrow it:
///
///     mote::micro::recover([](mote::request& req, std::exception_ptr thrown) {
///         try {
///             std::rethrow_exception(thrown);
///         } catch (const database_busy&) {
///             throw mote::service_error(503, "try again");
///         }
///     })
///
/// When it returns, the exception is dealt with; a request that is not answered then gets the usual 500 `no response`.
/// Throws std::invalid_argument for an empty function. Runs where the handler ran. Inside of it is what it can see: put it outside of middleware that throws.
middleware recover(std::function<void(request& req, std::exception_ptr thrown)> function);

}  // namespace mote::micro
