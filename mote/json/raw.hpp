#pragma once

#include <string>

namespace mote::json {

/// JSON text that is passed on as it is. Decoding takes any one value and keeps its text; encoding checks that the text
/// is one value (`errc::bad_raw`).
struct raw {
    std::string text = "null";

    friend bool operator==(const raw&, const raw&) = default;
};

}  // namespace mote::json
