#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {

/// A NATS context as the `nats` command keeps it (ADR-21): the fields that are set, by name. Values that are not text are
/// kept as JSON; empty texts, `false` and `null` are left out.
struct context_file {
    std::string name;
    std::map<std::string, std::string> fields;

    /// Empty when the field is not set.
    std::string get(const std::string& field) const;
};

/// Throws `errc::bad_context`, with the position where the text is no JSON object, or with the field that is of a kind which the
/// `nats` command does not read either. `name` is for the error.
context_file parse_context(std::string name, std::string_view text);

/// Whether a context may be called so: by the rule of the `nats` command it is never a way to another folder.
bool is_context_name(std::string_view name) noexcept;

/// `$XDG_CONFIG_HOME/nats`, else `~/.config/nats`; nothing where neither is known.
std::optional<std::filesystem::path> context_root();

/// The context of that name, or of that path when it ends in `.json`. Throws `errc::bad_context` naming what is missing.
context_file load_context(const std::string& name_or_path);

/// A path of a context: `$NAME` and `${NAME}` are replaced by variables, unset ones by nothing, a leading `~` by `HOME`.
std::string expand_path(std::string_view path);

/// A variable of the environment; empty when it is not set.
std::string variable(const char* name);

/// The context that `nats context select` chose; nothing when none is.
std::optional<std::string> selected_context();

/// The names of all contexts that the `nats` command lists, sorted: a folder that cannot be read has none.
std::vector<std::string> context_names();

}  // namespace mote::nats::detail
