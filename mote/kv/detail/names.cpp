#include <mote/kv/detail/names.hpp>

#include <mote/kv/error.hpp>

#include <algorithm>

namespace mote::kv::detail {
namespace {

constexpr std::string_view stream_prefix = "KV_";

bool is_name_character(char each) noexcept {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
           each == '-' || each == '_';
}

bool is_key_token(std::string_view token) noexcept {
    return !token.empty() && std::all_of(token.begin(), token.end(), [](char each) {
        return is_name_character(each) || each == '/' || each == '=';
    });
}

enum class wildcards { refused, allowed };

bool are_valid_tokens(std::string_view text, wildcards allowance) noexcept {
    for (;;) {
        const auto dot = text.find('.');
        const auto token = text.substr(0, dot);
        const bool last = dot == std::string_view::npos;
        const bool wild = allowance == wildcards::allowed && (token == "*" || (last && token == ">"));
        if (!wild && !is_key_token(token)) return false;
        if (last) return true;
        text.remove_prefix(dot + 1);
    }
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

bool is_valid_bucket(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_valid_key(std::string_view key) noexcept { return are_valid_tokens(key, wildcards::refused); }

bool is_valid_filter(std::string_view filter) noexcept { return are_valid_tokens(filter, wildcards::allowed); }

void check_bucket(std::string_view name) {
    if (!is_valid_bucket(name)) throw_error(errc::bad_bucket, quoted(name));
}

void check_key(std::string_view key) {
    if (!is_valid_key(key)) throw_error(errc::bad_key, quoted(key));
}

void check_filter(std::string_view filter) {
    if (!is_valid_filter(filter)) throw_error(errc::bad_key, quoted(filter));
}

std::string stream_of(std::string_view bucket) { return std::string(stream_prefix).append(bucket); }

std::string_view bucket_of(std::string_view name) {
    if (name.starts_with(stream_prefix)) name.remove_prefix(stream_prefix.size());
    return name;
}

std::string subject_of(std::string_view bucket, std::string_view key) {
    std::string subject;
    subject.reserve(5 + bucket.size() + key.size());
    subject += "$KV.";
    subject += bucket;
    subject += '.';
    subject += key;
    return subject;
}

}  // namespace mote::kv::detail
