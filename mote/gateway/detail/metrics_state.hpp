#pragma once

#include <mote/gateway/detail/code_table.hpp>
#include <mote/gateway/detail/function_series.hpp>
#include <mote/gateway/gateway_metrics.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace mote::gateway::detail {

/// Of which `http_requests_total` has a label; the last is for all others.
inline constexpr std::array<std::string_view, 8> counted_methods{"GET",    "HEAD",  "POST",    "PUT",
                                                                 "DELETE", "PATCH", "OPTIONS", "other"};

/// A method of `counted_methods` and the label of a path: both of the program's own text.
using provider_key = std::pair<std::string_view, std::string_view>;

/// What `gateway_metrics` keeps.
struct metrics_state {
    struct known {
        function_handle series;
        function_gauges gauges{};
    };

    std::size_t max_functions = 0;
    std::chrono::system_clock::time_point began = std::chrono::system_clock::now();
    mutable std::mutex lock;  // of `functions`, `provider` and `refused`
    std::map<std::string, known, std::less<>> functions;
    function_handle others = std::make_shared<function_series>("other");
    std::array<code_table, counted_methods.size()> system;  // by method
    std::map<provider_key, code_table> provider;            // of paths that were asked for; under `lock`
    std::map<int, std::uint64_t> refused;                   // by status; under `lock`
};

std::string prometheus_text(const metrics_state& of, const scrape_numbers& more);

}  // namespace mote::gateway::detail
