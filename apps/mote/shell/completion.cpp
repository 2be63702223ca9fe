#include <apps/mote/shell/completion.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace mote::command {
namespace {

struct kind_by_name {
    std::string_view name;
    word_kind kind;
};

constexpr std::array kinds_by_name = {
    kind_by_name{"SERVICE", word_kind::service},
    kind_by_name{"ENDPOINT", word_kind::endpoint},
    kind_by_name{"SUBJECT|SERVICE", word_kind::service_or_subject},
    kind_by_name{"SERVICE|SUBJECT", word_kind::service_or_subject},
    kind_by_name{"DATA|ENDPOINT", word_kind::endpoint},
    kind_by_name{"ENDPOINT|DATA", word_kind::endpoint},
    kind_by_name{"FUNCTION", word_kind::function},
    kind_by_name{"CONTEXT", word_kind::context},
    kind_by_name{"FILE", word_kind::file},
    kind_by_name{"PATH", word_kind::file},
    kind_by_name{"DIR", word_kind::directory},
    kind_by_name{"DIRECTORY", word_kind::directory},
};

// Whose NAME that is.
constexpr std::array commands_about_services = {std::string_view("ls"),      std::string_view("info"),
                                                std::string_view("stats"),   std::string_view("ping"),
                                                std::string_view("metrics"), std::string_view("openapi")};
constexpr std::array commands_about_functions = {std::string_view("deploy"), std::string_view("remove"),
                                                 std::string_view("scale"), std::string_view("invoke"),
                                                 std::string_view("logs")};

bool is_among(std::string_view name, const auto& names) { return std::ranges::find(names, name) != names.end(); }

/// Options that are known by their names.
std::optional<word_kind> kind_of_option(const described_option& option) {
    for (const auto& each : kinds_by_name)
        if (each.name == option.value) return each.kind;
    if (option.name() == "--context") return word_kind::context;
    if (is_among(option.name(), std::array{std::string_view("--dir"), std::string_view("--directory"),
                                           std::string_view("--credentials")}))
        return word_kind::directory;
    if (option.name() == "--from-file" || option.name() == "--file") return word_kind::file;
    return std::nullopt;
}

class collector {
public:
    collector(std::string begun, std::string before) : begun_(std::move(begun)), before_(std::move(before)) {}

    void add(const std::string& word, const std::string& about) {
        if (word.starts_with(begun_)) found_.candidates.push_back({before_ + word, about});
    }
    void add_kind(word_kind kind, const place_in_line& at, const word_source& source) {
        found_.files = found_.files || kind == word_kind::file;
        found_.directories = found_.directories || kind == word_kind::directory;
        if (kind == word_kind::file || kind == word_kind::directory) return;
        for (const auto& each : source(kind, at)) add(each.word, each.about);
    }
    void add_value(const described_option& option, const place_in_line& at, const word_source& source) {
        for (const auto& each : option.choices) add(each, option.help);
        const auto kind = kind_of_option(option);
        if (kind) add_kind(*kind, at, source);
    }
    completion take() {
        std::ranges::stable_sort(found_.candidates, {}, &candidate::word);
        const auto same = [](const candidate& a, const candidate& b) { return a.word == b.word; };
        found_.candidates.erase(std::unique(found_.candidates.begin(), found_.candidates.end(), same),
                                found_.candidates.end());
        return std::move(found_);
    }

private:
    std::string begun_;   // of the word, or of the value behind `--name=`
    std::string before_;  // `--name=`
    completion found_;
};

completion complete_option(const place_in_line& at, const std::string& begun, const word_source& source) {
    const auto equals = begun.find('=');
    if (equals != std::string::npos) {
        const auto* const option = at.find_option(begun.substr(0, equals));
        collector found(begun.substr(equals + 1), begun.substr(0, equals + 1));
        if (option != nullptr && !option->value.empty()) found.add_value(*option, at, source);
        return found.take();
    }
    collector found(begun, "");
    for (const auto* const command : at.path)
        for (const auto& option : command->options)
            for (const auto& name : option.names)
                if (name.starts_with("--") || begun.size() == 2) found.add(name, option.help);
    return found.take();
}

}  // namespace

std::optional<word_kind> kind_of_argument(const place_in_line& at, const described_option& argument) {
    const std::string& name = argument.names.front();
    for (const auto& each : kinds_by_name)
        if (each.name == name) return each.kind;
    const std::string_view command = at.innermost().name;
    const bool is_first_level = at.path.size() == 2;
    if (!is_first_level) return std::nullopt;
    if (name == "NAME" && is_among(command, commands_about_services)) return word_kind::service;
    if (name == "ID" && is_among(command, commands_about_services)) return word_kind::instance;
    if (name == "NAME" && is_among(command, commands_about_functions)) return word_kind::function;
    return std::nullopt;
}

completion complete(const described_command& program, const std::vector<std::string>& words,
                    const word_source& source) {
    if (words.empty()) return {};
    const std::string& begun = words.back();
    const auto at = follow(program, {words.begin(), words.end() - 1});
    if (at.awaits_value != nullptr) {
        collector found(begun, "");
        found.add_value(*at.awaits_value, at, source);
        return found.take();
    }
    if (begun.starts_with('-') && !at.only_arguments) return complete_option(at, begun, source);
    collector found(begun, "");
    if (at.arguments.empty() && !at.only_arguments)
        for (const auto& each : at.innermost().commands) found.add(each.name, each.about);
    if (const auto* const argument = at.next_argument()) {
        for (const auto& each : argument->choices) found.add(each, argument->help);
        const auto kind = kind_of_argument(at, *argument);
        if (kind) found.add_kind(*kind, at, source);
    }
    return found.take();
}

std::string completion_lines(const completion& found) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-";
    constexpr std::size_t longest_about = 72;
    std::string text;
    for (const auto& each : found.candidates) {
        const bool is_plain = !each.word.empty() && each.word.find_first_not_of(plain) == std::string::npos;
        if (!is_plain || each.word.starts_with(':')) continue;
        text += each.word + "\t" + shortened(printable(each.about), longest_about, "...") + "\n";
    }
    if (found.files) text += ":files\n";
    if (found.directories) text += ":directories\n";
    return text;
}

}  // namespace mote::command
