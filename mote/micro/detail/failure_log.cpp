#include <mote/micro/detail/failure_log.hpp>

#include <cstdio>

namespace mote::micro::detail {

void failure_log::report(const failure& what) const noexcept {
    try {
        if (on_error_) return on_error_(what);
        const auto& where = what.endpoint.empty() ? what.subject : what.endpoint;
        std::fprintf(stderr, "%s: %s: %s\n", where.c_str(), what.error.c_str(), what.cause.c_str());
    } catch (...) {
        return;
    }
}

}  // namespace mote::micro::detail
