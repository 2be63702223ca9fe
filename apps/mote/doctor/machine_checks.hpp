#pragma once

#include <apps/mote/doctor/bounded_checks.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// All that `mote doctor` looks at without the network.
std::vector<machine_check> machine_checks();

// The single ones, for tests with other values than this machine's.

/// The program nats-server and its version.
finding check_server_program();
/// Whether 127.0.0.1:`port` is free, or who has it. `used_by` is the part of mote that wants it; `instead` the option for another.
finding check_port(std::uint16_t port, const std::string& used_by, const std::string& instead);
finding check_sandbox();
finding check_control_groups(std::string_view kind);
/// `soft` and `hard` are bounds of open files.
finding check_open_files(std::uint64_t soft, std::uint64_t hard);
/// The place for the data of `mote up`, which may not be there yet.
finding check_disk(const std::filesystem::path& state);
finding check_free_space(const std::filesystem::path& state, std::uint64_t bytes_free);
finding check_terminal();
finding check_clock();

/// Which process listens at a TCP port of this machine, as `name (process 17)`; nothing where that cannot be seen.
std::optional<std::string> listener_at(std::uint16_t port);

}  // namespace mote::command
