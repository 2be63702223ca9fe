#include <mote/gateway/credentials.hpp>

#include <mote/gateway/detail/secret_file.hpp>
#include <mote/gateway/error.hpp>

#include <mote/json/utf8.hpp>
#include <mote/nats/base64.hpp>

#include <algorithm>
#include <array>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <optional>
#include <string_view>

namespace mote::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view user_file = "basic-auth-user";
constexpr std::string_view password_file = "basic-auth-password";
constexpr std::string_view tokens_file = "bearer-tokens";
constexpr std::size_t max_word = 1024;
constexpr std::size_t max_tokens_file = std::size_t{64} * 1024;
constexpr std::size_t max_tokens = 1000;
constexpr std::size_t max_token_name = 64;
constexpr std::size_t password_bytes = 24;

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view without_space_behind(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_utf8(std::string_view text) noexcept {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto length = json::utf8_length(at, end);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

[[noreturn]] void refuse_file(const fs::path& file, std::string_view why) {
    throw_error(errc::bad_credentials, file.string() + ": " + std::string(why));
}

/// A user or a password: all of a file.
std::string read_word(const fs::path& file) {
    const auto whole = detail::read_secret_file(file, max_word + 256);
    if (!whole) throw_error(errc::no_credentials, file.string() + ": no such file");
    const auto word = without_space_behind(*whole);
    if (word.empty()) refuse_file(file, "is empty");
    if (word.size() > max_word) refuse_file(file, "more than 1024 bytes");
    if (!is_utf8(word)) refuse_file(file, "not UTF-8");
    if (has_control(word)) refuse_file(file, "has a control character");
    return std::string(word);
}

bool is_token_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~' || c == '+' || c == '/';
}

/// RFC 6750's `b64token`.
bool is_bearer_token(std::string_view text) noexcept {
    while (text.ends_with('=')) text.remove_suffix(1);
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_token_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_token_name &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::vector<bearer_token> read_tokens(const fs::path& file) {
    std::vector<bearer_token> tokens;
    const auto whole = detail::read_secret_file(file, max_tokens_file);
    if (!whole) return tokens;
    std::string_view rest = *whole;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = without_space_behind(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.starts_with('#')) continue;

        const auto where = "line " + std::to_string(number) + ": ";
        const auto colon = line.find(':');
        const auto name = colon == std::string_view::npos ? std::string_view("token") : line.substr(0, colon);
        const auto token = colon == std::string_view::npos ? line : line.substr(colon + 1);
        if (!is_token_name(name)) refuse_file(file, where + "not a name (1 to 64 visible ASCII characters)");
        if (!is_bearer_token(token)) refuse_file(file, where + "not a token (letters, digits and -._~+/, then =)");
        if (std::ranges::any_of(tokens, [&](const bearer_token& other) { return other.token == token; }))
            refuse_file(file, where + "a token that is there already");
        if (tokens.size() == max_tokens) refuse_file(file, where + "more than 1000 tokens");
        tokens.push_back({std::string(name), std::string(token)});
    }
    return tokens;
}

std::string random_password() {
    std::array<unsigned char, password_bytes> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw_error(errc::cannot_write, "no random numbers for a password");
    // 24 bytes are 32 characters without padding; the two that a URL cannot have are exchanged as RFC 4648 does.
    auto text = nats::encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return text;
}

}  // namespace

credentials read_credentials(const fs::path& directory) {
    credentials read;
    read.user = read_word(directory / user_file);
    if (read.user.find(':') != std::string::npos)
        refuse_file(directory / user_file, "has a colon, which basic authentication cannot say");
    read.password = read_word(directory / password_file);
    read.tokens = read_tokens(directory / tokens_file);
    return read;
}

bool make_credentials(const fs::path& directory) {
    detail::make_secret_directory(directory);
    detail::make_secret_file(directory / user_file, [] { return std::string("admin"); });
    return detail::make_secret_file(directory / password_file, random_password);
}

}  // namespace mote::gateway
