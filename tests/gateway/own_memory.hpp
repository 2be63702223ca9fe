#pragma once

#include <cstddef>
#include <fstream>
#include <unistd.h>

namespace mote::test {

/// Bytes in memory of this process, in which node and gateway are.
inline std::size_t bytes_in_memory() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace mote::test
