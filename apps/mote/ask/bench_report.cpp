#include <apps/mote/ask/bench_report.hpp>

#include <apps/mote/json_output.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace mote::command {
namespace {

double seconds_of(const load_result& result) { return std::chrono::duration<double>(result.took).count(); }

double megabytes_per_second(std::uint64_t bytes, const load_result& result) {
    const double seconds = seconds_of(result);
    return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0;
}

/// With so many digits that count; never with an exponent.
std::string number_text(double number) {
    std::array<char, 64> text{};
    const int decimals = number >= 100 ? 0 : number >= 10 ? 1 : number >= 1 ? 2 : 4;
    const int size = std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string load_text(const bench_report& report) {
    std::string text = std::to_string(report.in_flight) + " in flight, " + counted(report.body_size, "byte") + " each";
    if (report.rate) text += ", " + number_text(*report.rate) + "/s";
    return text;
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

}  // namespace

double answers_per_second(const load_result& result) {
    const double seconds = seconds_of(result);
    return seconds > 0 ? static_cast<double>(result.tally.times().count()) / seconds : 0;
}

std::string report_text(const bench_report& report, const terminal& reader) {
    const auto& tally = report.result.tally;
    sheet page(reader);
    page.field(0, "Endpoint", report.name == report.subject ? report.name : report.name + " on " + report.subject);
    page.field(0, "Load", load_text(report));
    page.field(0, "Requests", counted(tally.requests(), "request") + " in " + readable(report.result.took));
    page.field(0, "Rate", number_text(answers_per_second(report.result)) + "/s");
    page.field(0, "Data",
               number_text(megabytes_per_second(report.result.bytes_out, report.result)) + " MB/s sent, " +
                   number_text(megabytes_per_second(report.result.bytes_in, report.result)) + " MB/s received");
    page.field(0, "Errors", tally.errors() == 0 ? "none" : errors_text(tally));
    page.field(0, "Latency", times_text(tally.times()));
    return page.text();
}

std::string report_json(const bench_report& report) {
    boost::json::object object;
    object["endpoint"] = report.name;
    object["subject"] = report.subject;
    object["in_flight"] = report.in_flight;
    object["body_size"] = report.body_size;
    if (report.rate) object["wanted_rate"] = *report.rate;
    object["seconds"] = seconds_of(report.result);
    object["rate"] = answers_per_second(report.result);
    object["sent_mb_per_second"] = megabytes_per_second(report.result.bytes_out, report.result);
    object["received_mb_per_second"] = megabytes_per_second(report.result.bytes_in, report.result);
    for (auto& each : tally_json(report.result.tally)) object[each.key()] = std::move(each.value());
    return valid_json(boost::json::serialize(object)) + "\n";
}

std::string report_csv(const bench_report& report) {
    const auto& times = report.result.tally.times();
    const auto nanoseconds = [](std::chrono::nanoseconds time) { return std::to_string(time.count()); };
    const std::vector<std::pair<const char*, std::string>> fields = {
        {"endpoint", csv_field(report.name)},
        {"subject", csv_field(report.subject)},
        {"in_flight", std::to_string(report.in_flight)},
        {"body_size", std::to_string(report.body_size)},
        {"wanted_rate", report.rate ? number_text(*report.rate) : ""},
        {"seconds", number_text(seconds_of(report.result))},
        {"requests", std::to_string(report.result.tally.requests())},
        {"errors", std::to_string(report.result.tally.errors())},
        {"rate", number_text(answers_per_second(report.result))},
        {"sent_mb_per_second", number_text(megabytes_per_second(report.result.bytes_out, report.result))},
        {"received_mb_per_second", number_text(megabytes_per_second(report.result.bytes_in, report.result))},
        {"min_ns", nanoseconds(times.least())},
        {"avg_ns", nanoseconds(times.average())},
        {"p50_ns", nanoseconds(times.percentile(0.5))},
        {"p90_ns", nanoseconds(times.percentile(0.9))},
        {"p99_ns", nanoseconds(times.percentile(0.99))},
        {"p99.9_ns", nanoseconds(times.percentile(0.999))},
        {"max_ns", nanoseconds(times.most())}};
    std::string titles, values;
    for (const auto& [title, value] : fields) {
        titles.append(titles.empty() ? "" : ",").append(title);
        values.append(&title == &fields.front().first ? "" : ",").append(value);
    }
    return titles + "\n" + values + "\n";
}

}  // namespace mote::command
