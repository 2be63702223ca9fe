#pragma once

#include <tests/support/escape.hpp>
#include <tests/support/program.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace mote::test {

/// Frames as they were recorded between the official client and a server, one an entry.
struct recordings {
    std::vector<std::string> from_server;
    std::vector<std::string> from_client;
    bool empty() const noexcept { return from_server.empty() && from_client.empty(); }
};

/// Reads the lines of one recording: `<time> S->C <frame>`, or `< <frame>` in a client's transcript.
inline void add_recording(const std::filesystem::path& file, recordings& to) {
    std::ifstream input(file);
    for (std::string line; std::getline(input, line);) {
        const auto after = [&line](std::string_view mark, std::size_t limit) {
            const auto at = line.find(mark);
            return at == std::string::npos || at > limit ? std::string() : unescaped(line.substr(at + mark.size()));
        };
        if (line.starts_with('#') || line.find("## ") < 16) continue;
        if (auto frame = after(" S->C ", 16); frame.ends_with("\r\n")) to.from_server.push_back(std::move(frame));
        if (auto frame = after(" C->S ", 16); frame.ends_with("\r\n")) to.from_client.push_back(std::move(frame));
        if (auto frame = after("< ", 0); frame.ends_with("\r\n")) to.from_server.push_back(std::move(frame));
        if (auto frame = after("> ", 0); frame.ends_with("\r\n")) to.from_client.push_back(std::move(frame));
    }
}

/// All recordings that the shared directory has; none where there is no such directory.
inline recordings load_recordings() {
    recordings all;
    const auto shared = shared_directory();
    if (!shared || !std::filesystem::is_directory(*shared / "vectors")) return all;
    for (const auto* const folder : {"wire", "demo-wire", "srv2.9.10", "transcripts"}) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(*shared / "vectors" / folder))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto& file : files) add_recording(file, all);
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*shared / "vectors" / "srv")) {
        if (!entry.path().native().ends_with(".frame.txt")) continue;
        std::ifstream input(entry.path(), std::ios::binary);
        all.from_server.emplace_back(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
    }
    return all;
}

}  // namespace mote::test
