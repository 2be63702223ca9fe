#pragma once

#include <mote/micro/info.hpp>

#include <span>
#include <string>

namespace mote::micro {

/// The media type of `prometheus_text`, for whoever serves it.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The statistics of services as Prometheus reads them (text exposition format 0.0.4): `mote_service_info` of each
/// instance, requests, errors and times of each endpoint, and the load of endpoints that tell it, which those of other
/// frameworks do not. Times are in seconds. Labels are `service`, `version`, `id`, `endpoint` and `subject`; of several
/// with the same labels the first is shown. Empty without services.
std::string prometheus_text(std::span<const service_stats> services);

}  // namespace mote::micro
