#pragma once

#include <cstdint>
#include <string_view>

namespace mote::nats::detail {

/// CRC-16/XMODEM: polynomial 0x1021, begins with 0, not reflected.
constexpr std::uint16_t crc16(std::string_view bytes) noexcept {
    std::uint32_t remainder = 0;
    for (const char byte : bytes) {
        remainder ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 8;
        for (int bit = 0; bit < 8; ++bit)
            remainder = (remainder & 0x8000) != 0 ? remainder << 1 ^ 0x1021 : remainder << 1;
    }
    return static_cast<std::uint16_t>(remainder & 0xffff);
}

}  // namespace mote::nats::detail
