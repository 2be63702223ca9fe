#include <mote/nats/detail/credentials_file.hpp>

#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/error.hpp>

#include <optional>

namespace mote::nats::detail {
namespace {

[[noreturn]] void refuse_file(std::string_view name, std::string_view why) {
    throw_error(errc::bad_credentials, std::string(name) + ": " + std::string(why));
}

/// Takes the first line off `rest`, without blanks around it.
std::string_view take_line(std::string_view& rest) noexcept {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return trimmed(line);
}

bool is_mark(std::string_view line, std::string_view word) {
    return line.starts_with("---") && line.ends_with("---") && line.find(word) != std::string_view::npos;
}

/// One block: its label, and its only line.
struct block {
    std::string_view label;
    std::string_view content;
};

/// Nothing when no other begins.
std::optional<block> take_block(std::string_view name, std::string_view& rest) {
    block found;
    while (!rest.empty() && found.label.empty()) {
        const auto line = take_line(rest);
        if (is_mark(line, "BEGIN")) found.label = line;
    }
    if (found.label.empty()) return std::nullopt;
    while (!rest.empty()) {
        const auto line = take_line(rest);
        if (line.empty()) continue;
        if (is_mark(line, "END")) {
            if (found.content.empty()) refuse_file(name, "a block is empty");
            return found;
        }
        if (!found.content.empty() || is_mark(line, "BEGIN")) refuse_file(name, "a block has more than one line");
        found.content = line;
    }
    refuse_file(name, "a block has no end");
}

void put(std::string_view name, std::string_view& into, std::string_view content, std::string_view what) {
    if (!into.empty()) refuse_file(name, "more than one " + std::string(what));
    into = content;
}

credentials_file blocks_of(std::string_view name, std::string_view text) {
    credentials_file found;
    while (const auto next = take_block(name, text)) {
        if (next->label.find("JWT") != std::string_view::npos) put(name, found.jwt, next->content, "JWT");
        if (next->label.find("SEED") != std::string_view::npos) put(name, found.seed, next->content, "seed");
    }
    return found;
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void check_jwt(std::string_view name, std::string_view text) {
    int parts = 0;
    auto rest = text;
    for (bool more = true; more; ++parts) {
        const auto dot = rest.find('.');
        const auto part = rest.substr(0, dot);
        if (part.empty() || !is_base64url(part)) refuse_file(name, "the JWT is none");
        more = dot != std::string_view::npos;
        rest = more ? rest.substr(dot + 1) : std::string_view();
    }
    if (parts != 3) refuse_file(name, "the JWT is none");
}

credentials_file parse_credentials(std::string_view name, std::string_view text) {
    const auto found = blocks_of(name, text);
    if (found.jwt.empty()) refuse_file(name, "there is no JWT in it");
    if (found.seed.empty()) refuse_file(name, "there is no seed in it");
    check_jwt(name, found.jwt);
    return found;
}

std::string_view seed_in(std::string_view name, std::string_view text) {
    const auto found = blocks_of(name, text);
    if (!found.seed.empty()) return found.seed;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (!line.empty() && !line.starts_with('#')) return line;
    }
    refuse_file(name, "there is no seed in it");
}

}  // namespace mote::nats::detail
