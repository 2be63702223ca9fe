#include <mote/micro/detail/registration.hpp>

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/json/raw.hpp>
#include <mote/json/utf8.hpp>
#include <mote/micro/detail/semver_reader.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>

namespace mote::micro::detail {
namespace {

constexpr std::string_view reserved_prefix = "mote.";
constexpr std::string_view description_key = "mote.description";
constexpr std::size_t longest_shown = 64;  // bytes of a value in an error
constexpr std::size_t deepest_schema = 1000;

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

std::string shown_value(std::string_view value) {
    const bool cut = value.size() > longest_shown;
    auto text = json::encode(json::valid_utf8(value.substr(0, longest_shown)));
    if (cut) text.insert(text.size() - 1, "...");
    return text;
}

std::string not_utf8(std::string_view text) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto length = json::utf8_length(at, end);
        if (length == 0) return "is not UTF-8 at byte " + std::to_string(at - text.data());
        at += length;
    }
    return {};
}

std::string problem_of_version(std::string_view version) {
    auto printable = json::valid_utf8(version);  // parts of it are in the problem
    std::ranges::replace_if(printable, is_control, '?');
    std::string problem;
    (void)read_partial_version(printable, problem);
    return problem.empty() ? "it has to have three numbers" : problem;
}

std::string problem_of_subject(std::string_view subject) {
    if (subject.empty()) return "is empty";
    if (std::ranges::any_of(subject, [](char c) { return c == ' ' || is_control(c); }))
        return "has a blank or a control character";
    if (!nats::is_valid_publish_subject(subject)) return "has an empty token";
    if (!nats::is_valid_subscribe_subject(subject)) return "has a * within a token, or a > before its end";
    return not_utf8(subject);
}

std::string problem_of_queue_group(std::string_view group) {
    if (!nats::is_valid_queue_group(group)) return "has a blank or a control character";
    if (!is_valid_queue_group(group)) return "has a > before its end";
    return not_utf8(group);
}

}  // namespace

std::string named(std::string_view kind, std::string_view name) { return std::string(kind) + " " + shown_value(name); }

void require_name(const std::string& whose, std::string_view name) {
    if (!is_valid_name(name)) throw_error(errc::bad_name, whose);
}

void require_version(const std::string& whose, std::string_view version) {
    if (is_valid_version(version)) return;
    throw_error(errc::bad_version, whose + ": version " + shown_value(version) + ": " + problem_of_version(version));
}

void require_subject(const std::string& whose, std::string_view subject) {
    const auto problem = problem_of_subject(subject);
    if (!problem.empty()) throw_error(errc::bad_subject, whose + ": subject " + shown_value(subject) + " " + problem);
}

std::string resolve_queue_group(const std::string& whose, const queue_group& own, const std::string& parent) {
    auto group = own.resolve(parent);
    if (group.empty()) return group;
    const auto problem = problem_of_queue_group(group);
    if (!problem.empty())
        throw_error(errc::bad_queue_group, whose + ": queue group " + shown_value(group) + " " + problem);
    return group;
}

void require_metadata(const std::string& whose, const metadata& values) {
    for (const auto& [key, value] : values) {
        if (key.starts_with(reserved_prefix) && key != description_key)
            throw_error(errc::bad_metadata, whose + ": metadata key " + shown_value(key) + ": those that begin with " +
                                                std::string(reserved_prefix) + " are the library's");
        require_text(whose, "metadata key", key);
        require_text(whose, "metadata " + shown_value(key) + ":", value);
    }
}

void require_text(const std::string& whose, const std::string& what, std::string_view text) {
    const auto problem = not_utf8(text);
    if (!problem.empty())
        throw_error(errc::bad_metadata, whose + ": " + what + " " + shown_value(text) + " " + problem);
}

void require_schema(const std::string& whose, const std::string& what, std::string_view text) {
    if (text.empty()) return;
    std::string problem;
    try {
        const auto first = json::decode<json::raw>(text, {.max_depth = deepest_schema}).text.front();
        if (first != '{' && first != 't' && first != 'f') problem = "is neither an object nor true or false";
    } catch (const json::decode_error& failed) {
        const bool deep = failed.code() == json::errc::too_deep;
        problem = std::string(deep ? "is too deep: " : "is not JSON: ") + failed.what();
    }
    if (!problem.empty())
        throw_error(errc::bad_metadata, whose + ": " + what + " " + shown_value(text) + " " + problem);
}

void require_callable(const std::string& whose, const any_handler& handler) {
    if (!std::visit([](const auto& function) { return static_cast<bool>(function); }, handler))
        throw_error(errc::bad_handler, whose);
}

}  // namespace mote::micro::detail
