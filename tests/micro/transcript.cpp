#include <tests/micro/transcript.hpp>

#include <tests/support/escape.hpp>
#include <tests/support/raw_frame.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace mote::test {
namespace {

std::vector<std::string> lines_of(std::string_view headers) {
    std::vector<std::string> lines;
    while (!headers.empty()) {
        const auto end = headers.find("\r\n");
        if (end == std::string_view::npos || end == 0) break;
        lines.emplace_back(headers.substr(0, end));
        headers.remove_prefix(end + 2);
    }
    return lines;
}

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

}  // namespace

std::vector<exchange> read_transcript(const std::filesystem::path& file) {
    std::ifstream input(file);
    if (!input) throw std::runtime_error("cannot read " + file.string());
    std::vector<exchange> exchanges;
    for (std::string line; std::getline(input, line);) {
        if (line.starts_with("> ")) exchanges.push_back({unescaped(line.substr(2)), {}});
        if (line.starts_with("< ") && !exchanges.empty())
            exchanges.back().received.push_back(unescaped(line.substr(2)));
    }
    return exchanges;
}

std::string comparable(std::string_view bytes) {
    const auto frame = parse_raw_frame(bytes);
    auto headers = lines_of(frame.headers);
    if (!headers.empty()) {
        if (headers.front().starts_with("NATS/1.0 503"))
            std::erase_if(headers, [](const auto& line) { return name_of(line) == "Nats-Subject"; });
        std::stable_sort(headers.begin() + 1, headers.end(),
                         [](const auto& a, const auto& b) { return name_of(a) < name_of(b); });
    }
    std::string text = std::string(frame.verb) + " " + std::string(frame.subject) + "\r\n";
    for (const auto& line : headers) text += line + "\r\n";
    return text + std::string(frame.payload);
}

std::vector<std::string> comparable(const std::vector<std::string>& frames) {
    std::vector<std::string> forms;
    for (const auto& frame : frames) forms.push_back(comparable(frame));
    return forms;
}

std::vector<std::string> replay(raw_client& client, const std::string& sent, std::size_t expected) {
    client.send(sent);
    std::vector<std::string> frames;
    while (frames.size() < expected) frames.push_back(comparable(client.read_frame()));
    // Answered by the same loop after all that it had received before.
    const auto last = client.request("$SRV.PING.Conformance", {}, {});
    if (last.empty()) throw std::runtime_error("the service does not answer");
    while (const auto frame = client.try_read_frame(raw_client::milliseconds(0))) frames.push_back(comparable(*frame));
    return frames;
}

}  // namespace mote::test
