#include <apps/mote/server_tuning.hpp>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace mote::command {
namespace {

/// Of a file with one number; `max`, and a file that is not there, bound nothing.
std::uint64_t bound_in(const std::string& file, std::uint64_t otherwise) {
    std::uint64_t bytes = 0;
    return std::ifstream(file) >> bytes && bytes != 0 ? bytes : otherwise;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> server_variables(std::uint64_t memory) {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    const auto half = std::max<std::uint64_t>(memory / 2 / mebibyte, 1);
    return {{"GOGC", "400"}, {"GOMEMLIMIT", std::to_string(half) + "MiB"}};
}

std::uint64_t memory_to_share(const std::string& groups) {
    const auto pages = std::max<long>(::sysconf(_SC_PHYS_PAGES), 0);
    const auto page = std::max<long>(::sysconf(_SC_PAGESIZE), 0);
    const auto machine = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
    return std::min({machine, bound_in(groups + "/memory.max", machine),
                     bound_in(groups + "/memory/memory.limit_in_bytes", machine)});
}

}  // namespace mote::command
