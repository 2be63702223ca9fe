#pragma once

#include <mote/micro/detail/otlp_settings.hpp>

#include <functional>
#include <optional>
#include <string>

namespace mote::micro::detail {

/// What the variables of OpenTelemetry say; nothing where traces are not asked for, and with a sentence in `problem`
/// where they cannot be sent. A header or attribute that cannot be used is left out, also with a sentence.
std::optional<otlp_settings> otlp_settings_from(const std::function<const char*(const char*)>& variable,
                                                const std::string& service_name, std::string& problem);

}  // namespace mote::micro::detail
