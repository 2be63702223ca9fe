#include <mote/functions/description.hpp>

#include <mote/functions/constraint.hpp>
#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/setting_text.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/probe_settings.hpp>
#include <mote/functions/retry_settings.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>

namespace mote::functions {
namespace {

constexpr std::size_t most_bytes = 512 * 1024;  // of a description, so that it fits into a message with room to spare
constexpr std::size_t most_entries = 1000;      // of one list or map
constexpr std::size_t longest_key = 253;

[[noreturn]] void refuse_field(std::string_view field, std::string_view what) {
    throw_error(errc::bad_description, std::string(field) + ": " + std::string(what));
}

/// What decoding threw, as an error of a description.
template <class T>
T decoded(std::string_view json, std::size_t max_size) {
    json::decode_options opts;
    opts.max_size = max_size;
    try {
        return json::decode<T>(json, opts);
    } catch (const boost::system::system_error& error) {
        throw_error(errc::bad_description, error.what());
    }
}

void check_map(std::string_view field, const std::optional<text_map>& map, bool is_environment) {
    if (!map) return;
    if (map->size() > most_entries) refuse_field(field, "more than 1000 entries");
    for (const auto& [key, value] : *map) {
        const bool has_odd = key.empty() || key.size() > longest_key || key.find('\0') != std::string::npos ||
                             (is_environment && key.find('=') != std::string::npos);
        if (has_odd) refuse_field(field, "not a name: " + detail::quoted(key));
        if (value.find('\0') != std::string::npos) refuse_field(field, key + ": has a zero byte");
    }
}

// What nodes know; others of OpenFaaS's watchdogs, such as `inproc`, do not start there.
constexpr std::array<std::string_view, 6> modes{"classic", "serializing", "streaming", "http", "static", "micro"};
constexpr std::array<const char*, 4> times{"exec_timeout", "read_timeout", "write_timeout", "healthcheck_interval"};

/// Without the white space around it; empty when absent.
std::string_view setting_in(const text_map& variables, const std::string& name) {
    constexpr std::string_view white_space = " \t\r\n\v\f";
    const auto found = variables.find(name);
    if (found == variables.end()) return {};
    const std::string_view text(found->second);
    const auto begin = text.find_first_not_of(white_space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

[[noreturn]] void refuse_variable(const std::string& name, std::string_view value, std::string_view wanted) {
    refuse_field("envVars", name + "=" + detail::quoted(value) + ": " + std::string(wanted));
}

/// What no node would start with. What a bundle says does not help, as these go over it.
void check_settings(const std::optional<text_map>& variables) {
    if (!variables) return;
    const auto mode = setting_in(*variables, "mode");
    if (!mode.empty() && std::ranges::find(modes, mode) == modes.end())
        refuse_variable("mode", mode, "expected classic, serializing, streaming, http, static or micro");
    for (const std::string name : times) {
        const auto time = setting_in(*variables, name);
        if (!time.empty() && !detail::seconds_or_duration(time))
            refuse_variable(name, time, "expected whole seconds, or a duration such as 1m30s or 250ms");
    }
}

/// Names the field in what reading a value of it threw.
template <class Read>
void in_field(std::string_view field, Read read) {
    try {
        read();
    } catch (const boost::system::system_error& error) {
        throw boost::system::system_error(error.code(), std::string(field) + ": " + detail_of(error));
    }
}

void check_resources(std::string_view field, const std::optional<resource_texts>& texts) {
    if (!texts) return;
    const std::string name(field);
    if (texts->memory && !texts->memory->empty()) in_field(name + ".memory", [&] { bytes_of(*texts->memory); });
    if (texts->cpu && !texts->cpu->empty()) in_field(name + ".cpu", [&] { millicores_of(*texts->cpu); });
}

void check(const deployment& wanted) {
    if (wanted.service.empty()) refuse_field("service", "is missing");
    if (wanted.service.find('.') != std::string::npos) refuse_field("service", "has a dot");
    in_field("service", [&] { function_name::parse(wanted.service); });
    if (wanted.space) in_field("namespace", [&] { function_name::parse("any", *wanted.space); });
    if (wanted.image.empty()) refuse_field("image", "is missing");
    if (wanted.image.find('\0') != std::string::npos) refuse_field("image", "has a zero byte");
    if (wanted.constraints) {
        if (wanted.constraints->size() > most_entries) refuse_field("constraints", "more than 1000 entries");
        for (const auto& text : *wanted.constraints) in_field("constraints", [&] { constraint::parse(text); });
    }
    check_map("envVars", wanted.variables, true);
    check_settings(wanted.variables);
    check_map("labels", wanted.labels, false);
    check_map("annotations", wanted.annotations, false);
    if (wanted.process && wanted.process->find('\0') != std::string::npos)
        refuse_field("envProcess", "has a zero byte");
    if (wanted.secrets) {
        if (wanted.secrets->size() > most_entries) refuse_field("secrets", "more than 1000 entries");
        for (const auto& name : *wanted.secrets)
            if (!is_secret_name(name)) refuse_field("secrets", "not a name: " + detail::quoted(name));
    }
    check_resources("limits", wanted.limits);
    check_resources("requests", wanted.requests);
    if (wanted.labels) in_field("labels", [&] { scale_settings::of(*wanted.labels); });
    if (!wanted.annotations) return;
    in_field("annotations", [&] {
        retry_settings::of(*wanted.annotations);
        probe_settings::of(*wanted.annotations, "health");
        probe_settings::of(*wanted.annotations, "ready");
    });
}

std::string_view value_of(const std::optional<text_map>& map, const std::string& key) noexcept {
    if (!map) return {};
    const auto found = map->find(key);
    return found == map->end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

std::string_view description::annotation(const std::string& key) const noexcept {
    return value_of(wanted.annotations, key);
}
std::string_view description::label(const std::string& key) const noexcept { return value_of(wanted.labels, key); }
std::string_view description::variable(const std::string& key) const noexcept {
    return value_of(wanted.variables, key);
}

deployment read_deployment(std::string_view json) {
    auto wanted = decoded<deployment>(json, most_bytes);
    check(wanted);
    return wanted;
}

std::string write_description(const description& what) { return json::encode(what); }

description read_description(std::string_view json) { return decoded<description>(json, 2 * most_bytes); }

}  // namespace mote::functions
