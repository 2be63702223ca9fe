#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace mote::test {

/// How much has come for the server's end of a connection on this machine and was not read there; nothing without such a
/// connection (proc(5), /proc/net/tcp).
inline std::optional<std::size_t> unread_bytes(std::uint16_t server_port, std::uint16_t peer_port) {
    const auto number_behind_colon = [](const std::string& pair) {
        return std::stoul(pair.substr(pair.find(':') + 1), nullptr, 16);
    };
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream words(line);
        std::string entry;
        std::string local;
        std::string remote;
        std::string state;
        std::string queues;
        words >> entry >> local >> remote >> state >> queues;
        if (number_behind_colon(local) == server_port && number_behind_colon(remote) == peer_port)
            return number_behind_colon(queues);
    }
    return std::nullopt;
}

}  // namespace mote::test
