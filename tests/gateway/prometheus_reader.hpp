#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mote::test {

/// What was read of Prometheus' text format 0.0.4: values by name and labels as they are written, `name{a="b"}`.
struct prometheus_reading {
    std::map<std::string, double> samples{};
    std::string error{};  ///< the first line that is not right, and why
};

/// Strict: each family once, with HELP, then TYPE, then samples of that name; no sample twice; histograms whole, with bounds
/// and counts that grow to `+Inf`, which is the count.
prometheus_reading read_prometheus(std::string_view text);

}  // namespace mote::test
