#include <mote/micro/detail/random_bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <unistd.h>

namespace mote::micro::detail {
namespace {

constexpr std::size_t kept = 256;  // the most that getentropy gives at once

struct store {
    std::array<std::uint8_t, kept> bytes{};
    std::size_t used = kept;

    void refill() {
        if (getentropy(bytes.data(), bytes.size()) != 0) {
            std::random_device device;
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
        }
        used = 0;
    }
};

}  // namespace

void fill_random(std::span<std::uint8_t> bytes) {
    static thread_local store own;
    if (own.used + bytes.size() > kept) own.refill();
    const auto first = own.bytes.begin() + static_cast<std::ptrdiff_t>(own.used);
    std::copy_n(first, bytes.size(), bytes.begin());
    own.used += bytes.size();
}

}  // namespace mote::micro::detail
