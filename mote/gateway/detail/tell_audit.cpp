#include <mote/gateway/detail/tell_audit.hpp>

#include <mote/functions/call_headers.hpp>

#include <chrono>

namespace mote::gateway::detail {

void tell_audit(const std::function<void(const audit_record&)>& audit, const http::exchange& asked, const verdict& by,
                audit_action action, std::string_view object, int status, std::string_view digest) {
    if (!audit) return;
    const auto& peer = asked.peer();
    audit_record record;
    record.time = std::chrono::system_clock::now();
    record.who = by.who;
    record.how = name_of(by.how);
    record.peer = peer;
    record.action = action;
    record.object = object;
    record.digest = digest;
    record.status = status;
    record.call_id = asked.header(functions::call_headers::call_id).value_or("");
    audit(record);
}

}  // namespace mote::gateway::detail
