#pragma once

#include <mote/gateway/log_sink.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway {

namespace detail {
class line_buffer;
}

/// What somebody changed, or tried to.
enum class audit_action {
    function_deploy,
    function_update,
    function_delete,
    function_scale,
    function_pause,
    function_resume,
    secret_create,
    secret_update,
    secret_delete,
    namespace_create,
    namespace_update,
    namespace_delete,
    call_cancel,
};

/// As the log has it: `function.deploy`, `secret.create`, ...
std::string_view name_of(audit_action action) noexcept;

/// A change, or the try of one. There is no member for what it was changed to, so that no value of a secret or a variable can
/// get into the log.
struct audit_record {
    std::chrono::system_clock::time_point time{};
    std::string_view who{};   ///< see `verdict::who`
    std::string_view how{};   ///< `basic`, `bearer`; empty: nobody was asked
    std::string_view peer{};  ///< from where
    audit_action action = audit_action::function_deploy;
    std::string_view object{};  ///< a name: `echo.openfaas-fn`, a secret, a namespace, a digest
    std::string_view digest{};  ///< of the bundle that a function is to run; empty for what has none
    int status = 0;             ///< what was answered
    std::string_view call_id{};
};

/// A JSON object with a line break behind it, at most 4096 bytes; escaped and cut as `access_line`. `result` is `ok` for a
/// status below 400, else `refused` (401, 403, 429) or `failed`.
///
///     {"time":"2026-11-25T10:00:00.123Z","audit":"secret.create","object":"key.openfaas-fn","who":"admin","how":"basic",
///      "peer":"127.0.0.1","status":201,"result":"ok"}
///
/// A bundle is pushed past the gateway, and changes nothing that runs: what says who made it run, and which one by its digest,
/// is the line of the deployment.
std::string audit_line(const audit_record& of);

/// Writes a line for each change at once. When the sink does not take it, up to 1 MiB waits and is offered again each second;
/// what is more is dropped, counted, and told in a line `{"time":...,"dropped":n}`.
///
/// On the executor's thread only. The destructor offers what waits once more.
class audit_log {
public:
    audit_log(const boost::asio::any_io_executor& executor, log_sink sink);
    audit_log(const audit_log&) = delete;
    audit_log& operator=(const audit_log&) = delete;
    ~audit_log();

    void add(const audit_record& one);

    std::uint64_t dropped() const noexcept;  ///< lines since the start

private:
    std::shared_ptr<detail::line_buffer> lines_;
};

}  // namespace mote::gateway
