#include <mote/nats/detail/context_file.hpp>

#include <mote/nats/error.hpp>

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

/// The rule of the `nats` command: a name is never a way to another folder.
bool is_valid_name(std::string_view name) {
    return !name.empty() && name.find("..") == std::string_view::npos &&
           name.find_first_of("/\\") == std::string_view::npos;
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
        if (!is_valid_name(name_or_path) || !root)
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

}  // namespace mote::nats::detail
