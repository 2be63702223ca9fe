#pragma once

#include <tests/support/sanitized.hpp>

#include <cstddef>
#include <fstream>
#include <unistd.h>

namespace mote::test {

/// Bytes that may be in memory although they were freed: sanitizers keep them for long.
constexpr std::size_t kept_though_freed = sanitized ? std::size_t{1024} * 1024 * 1024 : 0;

/// Bytes in memory of this process, in which node and gateway are.
inline std::size_t bytes_in_memory() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace mote::test
