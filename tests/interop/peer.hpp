#pragma once

#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <vector>

namespace mote::test {

/// A program in another language that stands on its official client; see README.md.
struct peer {
    std::string language{};
    std::string service{};
    std::string error_body{};        ///< of its endpoint `fail`; empty: its framework sends none the usual way
    std::uint64_t counted_errors{};  ///< what its framework counts of one service error
    std::string last_error{};        ///< and says of it
    bool metadata_in_stats = true;

    friend std::ostream& operator<<(std::ostream& out, const peer& shown) { return out << shown.language; }
};

inline const std::vector<peer> peers = {
    {"go", "PeerGo", "looked everywhere", 1, "404:no such thing"},
    {"rust", "PeerRust", "", 1, "404:no such thing", false},
    {"javascript", "PeerJavaScript", "looked everywhere", 0, ""},
    {"python", "PeerPython", "", 1, "404:no such thing"},
    {"java", "PeerJava", "", 0, ""},
};

/// The program of a peer below MOTE_INTEROP_PEERS, where `build_peers` made it. When it is not there: skips the test, or fails
/// it as `skip_or_fail` does, and returns an empty path.
inline std::filesystem::path program_of(const peer& wanted) {
    const char* const named = std::getenv("MOTE_INTEROP_PEERS");
    if (named == nullptr || *named == '\0') {
        skip_or_fail("MOTE_INTEROP_PEERS names no folder with peers");
        return {};
    }
    const auto folder = std::filesystem::path(named) / wanted.language;
    if (find_program((folder / "peer").string())) return folder / "peer";
    std::string why;
    std::ifstream file(folder / "missing");
    std::getline(file, why);
    skip_or_fail("no peer in " + wanted.language + ": " + (why.empty() ? "it was not built" : why));
    return {};
}

/// A test that needs a peer and a server.
class peer_test : public ::testing::TestWithParam<peer> {
protected:
    void SetUp() override {
        program_ = program_of(GetParam()).string();
        if (!program_.empty()) require_nats_server();
    }

    const std::string& program() const noexcept { return program_; }

private:
    std::string program_;
};

inline std::string language_of(const ::testing::TestParamInfo<peer>& info) { return info.param.language; }

}  // namespace mote::test
