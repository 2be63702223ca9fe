#pragma once

#include <apps/mote/server_access.hpp>
#include <apps/mote/shell/completion.hpp>

#include <string>

namespace mote::command {

/// Which server and gateway the words of a line name.
struct asked_places {
    nats::environment_overrides server{};
    std::string gateway{};
    std::string credentials{};
};

/// What the server, the gateway and the files of contexts know of a kind of word. Takes at most 300 ms; nothing when it fails,
/// without a word. Blocks.
std::vector<candidate> live_words(word_kind kind, const place_in_line& at, const asked_places& places);

}  // namespace mote::command
