#include <mote/functions/watchdog_settings.hpp>

#include <mote/functions/error.hpp>
#include <mote/nats/duration.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace mote::functions {
namespace {

constexpr std::string_view blank_characters = " \t\r\n\v\f";

bool begins_with_quote(std::string_view text) noexcept { return text.starts_with('"') || text.starts_with('\''); }

[[noreturn]] void refuse_variable(std::string_view name, std::string_view value, std::string_view wanted) {
    constexpr std::size_t shown = 100;
    std::string text(name);
    text.append("=\"")
        .append(value.substr(0, shown))
        .append(value.size() > shown ? "...\": expected " : "\": expected ")
        .append(wanted);
    if (begins_with_quote(value)) text.append(", without its quotes");
    throw_error(errc::bad_setting, text);
}

std::string_view without_blanks(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(blank_characters);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank_characters) - begin + 1);
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) noexcept {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (auto begin = text.find_first_not_of(blank_characters); begin != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(blank_characters, begin), text.size());
        words.emplace_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(blank_characters, end);
    }
    return words;
}

/// The variables, each read as what it has to be.
class variable_reader {
public:
    explicit variable_reader(const variables& from) : from_(from) {}

    struct found {
        std::string_view name{};
        std::string_view value{};  // trimmed; empty: there is none

        explicit operator bool() const noexcept { return !value.empty(); }
    };

    found find(std::string_view name) const {
        const auto at = from_.find(std::string(name));
        if (at == from_.end()) return {name, {}};
        if (at->second.find('\0') != std::string::npos) refuse_variable(name, {}, "text without a NUL");
        return {name, without_blanks(at->second)};
    }
    /// The value of `name`, or of `other` where that is not there.
    found find(std::string_view name, std::string_view other) const {
        const auto first = find(name);
        return first ? first : find(other);
    }

    void read(found from, bool& into) const {
        if (!from) return;
        std::string word(from.value);
        for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        if (word == "true" || word == "1") {
            into = true;
        } else if (word == "false" || word == "0") {
            into = false;
        } else {
            refuse_variable(from.name, from.value, "true or false");
        }
    }
    void read(found from, std::chrono::nanoseconds& into) const {
        if (!from) return;
        const auto time = parse_timeout(from.value);
        if (!time) refuse_variable(from.name, from.value, "whole seconds, or a duration such as 1m30s or 250ms");
        into = *time;
    }
    void read(found from, std::string& into) const {
        if (from) into = from.value;
    }
    bool is_true(std::string_view name) const {
        bool value = false;
        read(find(name), value);
        return value;
    }

private:
    const variables& from_;
};

constexpr std::pair<std::string_view, run_mode> mode_words[] = {
    {"classic", run_mode::classic}, {"serializing", run_mode::serializing}, {"streaming", run_mode::streaming},
    {"http", run_mode::http},       {"static", run_mode::static_files},     {"micro", run_mode::micro}};

run_mode read_mode(const variable_reader& from, run_mode without_mode) {
    const auto mode = from.find("mode");
    if (!mode) return without_mode;
    for (const auto& [word, value] : mode_words)
        if (word == mode.value) return value;
    refuse_variable(mode.name, mode.value, "classic, serializing, streaming, http, static or micro");
}

void refuse_what_is_not_here(const variable_reader& from) {
    if (from.is_true("jwt_auth"))
        refuse_variable("jwt_auth", "true", "false: it is not supported, so use the gateway's authentication");
    if (from.is_true("marshal_request"))
        refuse_variable("marshal_request", "true", "false: it is not supported, the body is passed on as it is");
}

void read_times(const variable_reader& from, watchdog_settings& into) {
    if (into.mode == run_mode::classic) into.exec_timeout = {};
    from.read(from.find("read_timeout"), into.read_timeout);
    const auto write = from.find("write_timeout");
    from.read(write, into.write_timeout);
    if (into.write_timeout <= std::chrono::nanoseconds(0)) refuse_variable(write.name, write.value, "more than zero");
    from.read(from.find("exec_timeout"), into.exec_timeout);
    into.healthcheck_interval = into.write_timeout;
    from.read(from.find("healthcheck_interval"), into.healthcheck_interval);
}

void read_command(const variable_reader& from, watchdog_settings& into) {
    const auto command = from.find("function_process", "fprocess");
    // As Dockerfiles have it, of which a shell or Docker takes them away.
    if (begins_with_quote(command.value)) refuse_variable(command.name, command.value, "a command");
    into.command = words_of(command.value);
}

void read_upstream(const variable_reader& from, watchdog_settings& into) {
    const auto address = from.find("http_upstream_url", "upstream_url");
    if (!address) return;
    into.upstream = parse_upstream_address(address.value);
    if (!into.upstream) refuse_variable(address.name, address.value, "http://127.0.0.1:PORT or unix:/PATH");
}

void read_numbers(const variable_reader& from, watchdog_settings& into) {
    if (const auto most = from.find("max_inflight")) {
        const auto number = whole_number<std::size_t>(most.value);
        if (!number) refuse_variable(most.name, most.value, "a number from 0");
        into.max_inflight = *number;
    }
    if (const auto size = from.find("log_buffer_size")) {
        const auto number = whole_number<std::ptrdiff_t>(size.value);
        if (!number || *number == 0 || *number < -1) refuse_variable(size.name, size.value, "a number of bytes, or -1");
        into.log_buffer_size = *number;
    }
}

void read_texts(const variable_reader& from, watchdog_settings& into) {
    if (into.mode == run_mode::serializing || into.mode == run_mode::streaming)
        into.content_type = "application/octet-stream";
    const auto type = from.find("content_type");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; };
    if (std::any_of(type.value.begin(), type.value.end(), is_control))
        refuse_variable(type.name, type.value, "a media type");
    from.read(type, into.content_type);

    const auto ready = from.find("ready_path");
    const auto is_odd = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 127 || c == '#';
    };
    if (ready && (ready.value.front() != '/' || std::any_of(ready.value.begin(), ready.value.end(), is_odd)))
        refuse_variable(ready.name, ready.value, "a path that begins with /");
    from.read(ready, into.ready_path);

    const auto files = from.find("static_path");
    if (files && files.value.front() != '/') refuse_variable(files.name, files.value, "a path that begins with /");
    from.read(files, into.static_path);
}

void read_switches(const variable_reader& from, watchdog_settings& into) {
    from.read(from.find("combine_output"), into.combine_output);
    from.read(from.find("cgi_headers"), into.cgi_headers);
    from.read(from.find("prefix_logs"), into.prefix_logs);
    from.read(from.find("log_callid", "log_call_id"), into.log_callid);
    from.read(from.find("http_buffer_req_body", "buffer_http"), into.buffer_request);
    from.read(from.find("suppress_lock"), into.suppress_lock);
    from.read(from.find("write_debug"), into.write_debug);
}

/// All that is there, which may lack a command.
watchdog_settings read_all(const variable_reader& source, run_mode without_mode) {
    watchdog_settings settings;
    settings.mode = read_mode(source, without_mode);
    refuse_what_is_not_here(source);
    read_command(source, settings);
    read_upstream(source, settings);
    read_times(source, settings);
    read_numbers(source, settings);
    read_texts(source, settings);
    read_switches(source, settings);
    return settings;
}

}  // namespace

std::string_view to_string(run_mode mode) noexcept {
    for (const auto& [word, value] : mode_words)
        if (value == mode) return word;
    return "unknown";
}

watchdog_settings read_watchdog_settings(const variables& from, run_mode without_mode) {
    auto settings = read_all(variable_reader(from), without_mode);
    if (settings.command.empty() && settings.mode != run_mode::static_files)
        refuse_variable("fprocess", {}, "the command that is the function");
    return settings;
}

void check_watchdog_settings(const variables& from) { read_all(variable_reader(from), run_mode::streaming); }

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
    constexpr std::int64_t most = std::chrono::nanoseconds::max().count() / std::nano::den;
    if (const auto seconds = whole_number<std::int64_t>(text)) {
        if (*seconds < 0 || *seconds > most) return std::nullopt;
        return std::chrono::seconds(*seconds);
    }
    return nats::parse_duration(text);
}

std::optional<upstream_address> parse_upstream_address(std::string_view text) {
    upstream_address address;
    if (text.starts_with("unix:")) {
        text.remove_prefix(text.starts_with("unix:///") ? 7 : 5);
        constexpr std::size_t longest = 107;  // sockaddr_un
        if (text.size() < 2 || text.front() != '/' || text.size() > longest) return std::nullopt;
        if (text.find('\0') != std::string_view::npos) return std::nullopt;
        address.unix_path = text;
        return address;
    }
    if (text.starts_with("http://")) text.remove_prefix(7);
    const auto slash = std::min(text.find('/'), text.size());
    auto path = text.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto is_odd = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 127 || c == '#' || c == '?';
    };
    if (std::any_of(path.begin(), path.end(), is_odd)) return std::nullopt;
    auto authority = text.substr(0, slash);
    for (const std::string_view host : {"127.0.0.1:", "localhost:"}) {
        if (!authority.starts_with(host)) continue;
        authority.remove_prefix(host.size());
        break;
    }
    const auto port = whole_number<std::uint16_t>(authority);
    if (!port || *port == 0) return std::nullopt;
    address.port = *port;
    address.base_path = path;
    return address;
}

}  // namespace mote::functions
