#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/terminal.hpp>

#include <string>
#include <vector>

namespace mote::command {

enum class severity { ok, warn, fail };

/// What one check found.
struct finding {
    std::string check{};  ///< one word for each check
    severity how = severity::ok;
    std::string text{};  ///< what is so
    std::string mend{};  ///< the command, or the line of a configuration, that mends it; empty: nothing is to be mended
    exit_code code = exit_code::error;  ///< of `mote` when this alone failed
};

finding made(const char* check, severity how, std::string text, std::string mend = std::string());
std::string_view name_of(severity how) noexcept;

/// For a person a line each, and one with what mends it; for programs a table.
std::string report_of(const std::vector<finding>& findings, const terminal& reader);
/// `{"ok": true, "findings": [{"check", "severity", "text", "mend"}]}`
std::string json_of(const std::vector<finding>& findings);
exit_code code_of(const std::vector<finding>& findings) noexcept;

}  // namespace mote::command
