#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// SHA-256 of a secret.
using digest = std::array<unsigned char, 32>;

digest digest_of(std::string_view secret);
/// In constant time.
bool same(const digest& a, const digest& b) noexcept;

/// What is kept of credentials.
struct digests {
    digest user{};
    digest password{};
    std::vector<digest> tokens{};  // in the order of the names
};

}  // namespace mote::gateway::detail
