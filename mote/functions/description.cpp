#include <mote/functions/description.hpp>

#include <mote/functions/constraint.hpp>
#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/probe_settings.hpp>
#include <mote/functions/retry_settings.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/functions/watchdog_settings.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>

namespace mote::functions {
namespace {

constexpr std::size_t most_bytes = 512 * 1024;  // of a description, so that it fits into a message with room to spare
constexpr std::size_t most_entries = 1000;      // of one list or map
constexpr std::size_t longest_key = 253;
constexpr std::uint64_t least_memory = 1024 * 1024;
constexpr std::size_t longest_process_text =
    128 * 1024 - 1;  // that the kernel lets a process have as one argument or variable

[[noreturn]] void refuse_field(std::string_view field, std::string_view what) {
    throw_error(errc::bad_description, std::string(field) + ": " + std::string(what));
}

/// What decoding threw, as an error of a description.
template <class T>
T decoded(std::string_view what, std::string_view json, std::size_t max_size) {
    if (json.size() > max_size)
        refuse_field(what,
                     "expected at most " + std::to_string(max_size) + " bytes, got " + std::to_string(json.size()));
    json::decode_options opts;
    opts.max_size = max_size;
    try {
        return json::decode<T>(json, opts);
    } catch (const boost::system::system_error& error) {
        throw_error(errc::bad_description, error.what());
    }
}

constexpr const char* too_long_text =
    "more than the 128 KiB that a process can be given as one text; put it into the bundle";

void check_map(std::string_view field, const std::optional<text_map>& map, bool is_environment) {
    if (!map) return;
    if (map->size() > most_entries) refuse_field(field, "more than 1000 entries");
    for (const auto& [key, value] : *map) {
        const bool has_odd = key.empty() || key.size() > longest_key || key.find('\0') != std::string::npos ||
                             (is_environment && key.find('=') != std::string::npos);
        if (has_odd) refuse_field(field, "not a name: " + detail::quoted(key));
        if (value.find('\0') != std::string::npos) refuse_field(field, key + ": has a zero byte");
        if (is_environment && key.size() + 1 + value.size() > longest_process_text)
            refuse_field(field, key + ": " + too_long_text);
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

/// What it asks for may be nothing; what it may have has to let a process start.
void check_resources(std::string_view field, const std::optional<resource_texts>& texts, bool are_limits) {
    if (!texts) return;
    const std::string name(field);
    if (texts->memory && !texts->memory->empty()) {
        in_field(name + ".memory", [&] {
            if (bytes_of(*texts->memory) < least_memory && are_limits)
                throw_error(errc::bad_setting,
                            detail::quoted(*texts->memory) + ": less than 1Mi, in which no process starts");
        });
    }
    if (texts->cpu && !texts->cpu->empty()) {
        in_field(name + ".cpu", [&] {
            if (millicores_of(*texts->cpu) == 0 && are_limits)
                throw_error(errc::bad_setting, detail::quoted(*texts->cpu) + ": expected more than zero");
        });
    }
}

/// A word for none that is spelled in another way would leave all of the network.
void check_network(const text_map& annotations) {
    const auto found = annotations.find("mote.network");
    if (found != annotations.end() && found->second != "none" && found->second != "shared")
        refuse_field("annotations", "mote.network=" + detail::quoted(found->second) + ": expected none or shared");
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
    // What a bundle says does not help, as these go over it.
    if (wanted.variables) in_field("envVars", [&] { check_watchdog_settings(*wanted.variables); });
    check_map("labels", wanted.labels, false);
    check_map("annotations", wanted.annotations, false);
    if (wanted.process && wanted.process->find('\0') != std::string::npos)
        refuse_field("envProcess", "has a zero byte");
    if (wanted.process && wanted.process->size() > longest_process_text) refuse_field("envProcess", too_long_text);
    if (wanted.process) in_field("envProcess", [&] { check_watchdog_settings({{"fprocess", *wanted.process}}); });
    if (wanted.secrets) {
        if (wanted.secrets->size() > most_entries) refuse_field("secrets", "more than 1000 entries");
        for (const auto& name : *wanted.secrets)
            if (!is_secret_name(name)) refuse_field("secrets", "not a name: " + detail::quoted(name));
    }
    check_resources("limits", wanted.limits, true);
    check_resources("requests", wanted.requests, false);
    if (wanted.labels) in_field("labels", [&] { scale_settings::of(*wanted.labels); });
    if (!wanted.annotations) return;
    check_network(*wanted.annotations);
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
    auto wanted = decoded<deployment>("deployment", json, most_bytes);
    check(wanted);
    return wanted;
}

std::string write_description(const description& what) { return json::encode(what); }

description read_description(std::string_view json) {
    return decoded<description>("description", json, 2 * most_bytes);
}

}  // namespace mote::functions
