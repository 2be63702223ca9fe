#include <apps/mote/descriptor_limit.hpp>

#include <algorithm>
#include <sys/resource.h>

namespace mote::command {
namespace {

// Not all that is allowed, as functions get half of it, and some programs do something for each one that they may have.
constexpr rlim_t enough = 16'384;
constexpr rlim_t beside_connections = 4'384;

}  // namespace

void raise_descriptor_limit(std::size_t connections) noexcept {
    rlimit limit{};
    const rlim_t wanted = std::max<rlim_t>(enough, connections + beside_connections);
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(limit.rlim_max, wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace mote::command
