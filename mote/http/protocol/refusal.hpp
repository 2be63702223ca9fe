#pragma once

#include <string_view>

namespace mote::http::protocol {

/// Why a request is not served: the status that says so, and what is wrong. True when there is one.
struct refusal {
    int status = 0;
    std::string_view why{};

    explicit operator bool() const noexcept { return status != 0; }
};

}  // namespace mote::http::protocol
