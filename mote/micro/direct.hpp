#pragma once

#include <mote/micro/info.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::micro {

/// The key of a service's metadata under which an instance advertises a prefix of its own, such as `_MOTE.<id>`: each of
/// its endpoints is also served, without a queue group, on `<prefix>.<endpoint name>`. ADR-32 knows no way to ask one
/// instance.
inline constexpr std::string_view direct_key = "mote.direct";

/// The subject on which this instance alone serves an endpoint. Nothing when it advertises no usable prefix, has no such
/// endpoint, or the endpoint's own subject has wildcards, whose tokens would be lost.
std::optional<std::string> direct_subject(const service_info& instance, std::string_view endpoint);

}  // namespace mote::micro
