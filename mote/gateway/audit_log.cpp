#include <mote/gateway/audit_log.hpp>

#include <mote/gateway/detail/json_line.hpp>
#include <mote/gateway/detail/line_buffer.hpp>

#include <utility>

namespace mote::gateway {
namespace {

constexpr std::size_t max_object = 1024;
constexpr std::size_t max_who = 1024;
constexpr std::size_t max_text = 256;
constexpr std::size_t max_waiting = std::size_t{1024} * 1024;
constexpr int first_error = 400;

std::string_view result_of(int status) noexcept {
    if (status > 0 && status < first_error) return "ok";
    return status == 401 || status == 403 || status == 429 ? "refused" : "failed";
}

}  // namespace

std::string_view name_of(audit_action action) noexcept {
    switch (action) {
        case audit_action::function_deploy: return "function.deploy";
        case audit_action::function_update: return "function.update";
        case audit_action::function_delete: return "function.delete";
        case audit_action::function_scale: return "function.scale";
        case audit_action::function_pause: return "function.pause";
        case audit_action::function_resume: return "function.resume";
        case audit_action::secret_create: return "secret.create";
        case audit_action::secret_update: return "secret.update";
        case audit_action::secret_delete: return "secret.delete";
        case audit_action::namespace_create: return "namespace.create";
        case audit_action::namespace_update: return "namespace.update";
        case audit_action::namespace_delete: return "namespace.delete";
        case audit_action::call_cancel: return "call.cancel";
    }
    return "unknown";
}

std::string audit_line(const audit_record& of) {
    detail::json_line line(of.time);
    line.text("audit", name_of(of.action), max_text)
        .text("object", of.object, max_object)
        .text("digest", of.digest, max_text)
        .text("who", of.who, max_who)
        .text("how", of.how, max_text)
        .text("peer", of.peer, max_text)
        .text("call_id", of.call_id, max_text)
        .number("status", static_cast<std::uint64_t>(of.status < 0 ? 0 : of.status))
        .text("result", result_of(of.status), max_text);
    return std::move(line).finish();
}

audit_log::audit_log(const boost::asio::any_io_executor& executor, log_sink sink) {
    detail::line_buffer_options how;
    how.max_waiting = max_waiting;
    lines_ = std::make_shared<detail::line_buffer>(executor, std::move(sink), how);
}

audit_log::~audit_log() { lines_->close(); }

void audit_log::add(const audit_record& one) { lines_->add(audit_line(one)); }
std::uint64_t audit_log::dropped() const noexcept { return lines_->dropped(); }

}  // namespace mote::gateway
