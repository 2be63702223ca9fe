#pragma once

#include <tests/support/raw_client.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mote::test {

/// What a raw client once sent, and the frames that it got back before it sent the next.
struct exchange {
    std::string sent;
    std::vector<std::string> received;
};

/// Reads a recording of a raw client, one frame a line.
std::vector<exchange> read_transcript(const std::filesystem::path& file);

/// A MSG or HMSG in a form that can be compared: verb, subject, headers sorted by name (values of one name keep their
/// order), payload. The sid is the client's own affair, and which headers a server's 503 has depends on its version.
std::string comparable(std::string_view frame);

/// Sends the same again and returns what comes back, in the form of `comparable`: as many frames as are expected, and
/// all that came before the service answered a later question. Replies go to `_INBOX.raw.*`, which the client is
/// subscribed to.
std::vector<std::string> replay(raw_client& client, const std::string& sent, std::size_t expected);

/// The same for what is expected.
std::vector<std::string> comparable(const std::vector<std::string>& frames);

}  // namespace mote::test
