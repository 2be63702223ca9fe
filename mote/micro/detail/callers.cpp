#include <mote/micro/detail/callers.hpp>

#include <mote/micro/detail/validate.hpp>

#include <string>

namespace mote::micro::detail {

bool is_caller(std::string_view name) noexcept {
    return name == further_callers || (name.size() <= longest_caller && is_valid_name(name));
}

void count_caller(endpoint_stats& counts, const nats::headers_view& headers) {
    if (headers.empty()) return;
    const auto name = headers.get(caller_header);
    if (!name || *name == further_callers || !is_caller(*name)) return;
    auto& callers = counts.callers;
    if (const auto known = callers.find(*name); known != callers.end()) {
        ++known->second;
        return;
    }
    const bool full = callers.size() >= most_callers;
    ++callers[std::string(full ? further_callers : *name)];
}

}  // namespace mote::micro::detail
