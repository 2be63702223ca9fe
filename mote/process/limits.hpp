#pragma once

#include <cstdint>
#include <optional>

namespace mote::process {

/// What one process, and each that it starts, may use. Absent: as this process. A limit past this process's own hard limit
/// counts as that one. Core dumps are always off.
struct limits {
    std::optional<std::uint64_t> open_files{};  // descriptors; at least 3
    std::optional<std::uint64_t> processes{};   // of its user on the whole machine, threads too; root has no such limit
    // Bytes of heap and other memory of its own that can be written (RLIMIT_DATA of Linux). Not counted: what is only reserved,
    // as Go and JavaScript do by the gigabyte, files that are mapped, memory shared with other processes.
    std::optional<std::uint64_t> memory{};
    std::optional<std::uint64_t> cpu_seconds{};  // then SIGXCPU, and SIGKILL a second later
    std::optional<std::uint64_t> file_size{};    // bytes of a file that it writes; past it SIGXFSZ
};

}  // namespace mote::process
