#pragma once

#include <apps/mote/ask/commands.hpp>
#include <apps/mote/ask/load_generator.hpp>

#include <string>

namespace mote::command {

/// What a `mote bench` measured, and of whom.
struct bench_report {
    std::string name{};  ///< of whom it was asked, for people
    std::string subject{};
    std::size_t in_flight = 0;
    std::size_t body_size = 0;
    std::optional<double> rate{};  ///< that was wanted
    load_result result{};
};

/// Answers a second; 0 without any.
double answers_per_second(const load_result& result);

/// Lines for people.
std::string report_text(const bench_report& report, const terminal& reader);
/// One document.
std::string report_json(const bench_report& report);
/// A line of titles and one of values (RFC 4180).
std::string report_csv(const bench_report& report);

}  // namespace mote::command
