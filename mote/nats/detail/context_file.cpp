#include <mote/nats/detail/context_file.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace mote::nats::detail {
namespace {

namespace json = boost::json;

constexpr std::size_t max_file_bytes = 1024 * 1024;

/// Nothing when there is no such file; a file is read to `max_file_bytes`.
std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw_error(errc::bad_context, "cannot read " + path.string());
    std::string text(max_file_bytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// Those that are a text; another kind is a mistake, as it is for the `nats` command. `tls_first` is true or false.
constexpr std::array text_fields = {"name",
                                    "description",
                                    "url",
                                    "socks_proxy",
                                    "token",
                                    "user",
                                    "password",
                                    "creds",
                                    "nkey",
                                    "cert",
                                    "key",
                                    "ca",
                                    "nsc",
                                    "user_jwt",
                                    "user_seed",
                                    "jetstream_domain",
                                    "jetstream_api_prefix",
                                    "jetstream_event_prefix",
                                    "inbox_prefix",
                                    "color_scheme"};

std::string_view kind_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::bool_: return "true or false";
        case json::kind::array: return "a list";
        case json::kind::object: return "an object";
        case json::kind::string: return "a text";
        default: return "a number";
    }
}

void check_kind(const std::string& name, std::string_view key, const json::value& value) {
    if (value.is_null()) return;
    const bool is_text = std::ranges::find(text_fields, key) != text_fields.end();
    const bool is_fine = is_text ? value.is_string() : key != "tls_first" || value.is_bool();
    if (is_fine) return;
    throw_error(errc::bad_context, name + ": \"" + std::string(key) + "\" is " + std::string(kind_of(value)) +
                                       ", not " + (is_text ? "a text" : "true or false"));
}

std::string to_text(const json::value& value) {
    if (value.is_string()) return json::value_to<std::string>(value);
    if (value.is_null() || (value.is_bool() && !value.get_bool())) return {};
    if (value.is_array() && value.get_array().empty()) return {};
    return json::serialize(value);
}

constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/// Takes what follows a dollar sign off `rest`, and returns what it stands for.
std::string take_variable(std::string_view& rest) {
    std::string_view name;
    if (rest.starts_with('{')) {
        const auto end = rest.find('}');
        if (end == std::string_view::npos) return "$";
        name = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    } else {
        name = rest.substr(0, rest.find_first_not_of(name_letters));
        if (name.empty()) return "$";
        rest.remove_prefix(name.size());
    }
    return variable(std::string(name).c_str());
}

}  // namespace

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string expand_path(std::string_view path) {
    std::string expanded;
    while (!path.empty()) {
        const auto dollar = path.find('$');
        expanded += path.substr(0, dollar);
        if (dollar == std::string_view::npos) break;
        path.remove_prefix(dollar + 1);
        expanded += take_variable(path);
    }
    if (expanded == "~" || expanded.starts_with("~/")) expanded.replace(0, 1, variable("HOME"));
    return expanded;
}

std::string context_file::get(const std::string& field) const {
    const auto found = fields.find(field);
    return found == fields.end() ? std::string() : found->second;
}

bool is_context_name(std::string_view name) noexcept {
    return !name.empty() && name.find("..") == std::string_view::npos &&
           name.find_first_of("/\\") == std::string_view::npos;
}

context_file parse_context(std::string name, std::string_view text) {
    boost::system::error_code failed;
    json::parser parser;
    const auto parsed = parser.write(text.data(), text.size(), failed);
    if (failed)
        throw_error(errc::bad_context, name + ": not JSON at byte " + std::to_string(parsed) + ": " + failed.message());
    const auto value = parser.release();
    if (!value.is_object()) throw_error(errc::bad_context, name + ": not a JSON object");
    context_file context{std::move(name), {}};
    for (const auto& [key, field] : value.get_object()) {
        check_kind(context.name, key, field);
        auto field_text = to_text(field);
        if (!field_text.empty()) context.fields.emplace(std::string(key), std::move(field_text));
    }
    return context;
}

std::optional<std::filesystem::path> context_root() {
    if (const auto config = variable("XDG_CONFIG_HOME"); !config.empty()) return std::filesystem::path(config) / "nats";
    if (const auto home = variable("HOME"); !home.empty()) return std::filesystem::path(home) / ".config" / "nats";
    return std::nullopt;
}

context_file load_context(const std::string& name_or_path) {
    std::filesystem::path path = name_or_path;
    if (!name_or_path.ends_with(".json")) {
        const auto root = context_root();
        if (!is_context_name(name_or_path) || !root)
            throw_error(errc::bad_context, "no context \"" + name_or_path + "\"");
        path = *root / "context" / (name_or_path + ".json");
    }
    const auto text = read_file(path);
    if (!text) throw_error(errc::bad_context, "no context \"" + name_or_path + "\": there is no " + path.string());
    return parse_context("context " + path.string(), *text);
}

std::optional<std::string> selected_context() {
    const auto root = context_root();
    if (!root) return std::nullopt;
    auto name = read_file(*root / "context.txt");
    if (!name) return std::nullopt;
    name->erase(name->find_last_not_of(" \r\n\t") + 1);
    if (name->empty()) return std::nullopt;
    return name;
}

std::vector<std::string> context_names() {
    std::vector<std::string> names;
    const auto root = context_root();
    if (!root) return names;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(*root / "context", failed), end; !failed && at != end;
         at.increment(failed)) {
        std::error_code ignored;
        const auto& path = at->path();
        const bool is_one = at->is_regular_file(ignored) && path.extension() == ".json" &&
                            at->file_size(ignored) != 0 && is_context_name(path.stem().string());
        if (is_one) names.push_back(path.stem().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace mote::nats::detail
