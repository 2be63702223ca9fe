#pragma once

#include <mote/functions/name.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::functions::detail {

// Subjects and headers of asynchronous calls: docs/protocol.md, "Asynchronous calls".

inline constexpr std::string_view call_subjects = "mote.async.";     // <ns>.<name>: the stream keeps what comes there
inline constexpr std::string_view notice_subjects = "mote.queued.";  // <ns>.<name>: a call was queued
inline constexpr std::string_view callback_header = "Mote-Callback-Url";
inline constexpr std::string_view callback_allow_header = "Mote-Callback-Allow";  // callback_rules::text

inline std::string call_subject(const function_name& name) { return std::string(call_subjects) + name.key(); }
inline std::string consumer_name(const function_name& name) { return name.space + '_' + name.name; }
inline std::string notice_subject(const function_name& name) { return std::string(notice_subjects) + name.key(); }

/// The function in a subject that begins with `prefix`; nothing when that is none.
std::optional<function_name> function_in(std::string_view subject, std::string_view prefix);

}  // namespace mote::functions::detail
