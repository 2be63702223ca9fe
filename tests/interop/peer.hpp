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

/// A test that needs a peer: MOTE_INTEROP_PEERS names the folder in which `build_peers` made them.
class peer_test : public ::testing::TestWithParam<peer> {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_INTEROP_PEERS");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_INTEROP_PEERS names no folder with peers");
        const auto folder = std::filesystem::path(named) / GetParam().language;
        program_ = (folder / "peer").string();
        if (!find_program(program_)) {
            std::string why;
            std::ifstream file(folder / "missing");
            std::getline(file, why);
            return skip_or_fail("no peer in " + GetParam().language + ": " + (why.empty() ? "it was not built" : why));
        }
        require_nats_server();
    }

    const std::string& program() const noexcept { return program_; }

private:
    std::string program_;
};

inline std::string language_of(const ::testing::TestParamInfo<peer>& info) { return info.param.language; }

}  // namespace mote::test
