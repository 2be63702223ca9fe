#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

enum class key_kind { text, up, down, left, right, page_up, page_down, home, end, enter, escape, backspace };

/// What a person pressed.
struct key_press {
    key_kind kind = key_kind::text;
    std::string text{};  ///< of `text`: one character, printable UTF-8

    bool operator==(const key_press&) const = default;
};

/// What terminals send, as keys. Bytes of a key that is not whole yet are kept for the next call; an escape with nothing behind
/// it is the key Escape, as terminals write the bytes of a key at once. What it does not know is dropped.
class key_reader {
public:
    std::vector<key_press> take(std::string_view bytes);

private:
    std::string rest_;
};

}  // namespace mote::command
