#include <apps/mote/ask/outcome_tally.hpp>

#include <apps/mote/text.hpp>

#include <array>
#include <utility>

namespace mote::command {
namespace {

using named_time = std::pair<const char*, std::chrono::nanoseconds>;

std::array<named_time, 7> times_of(const latency_record& times) {
    return {{{"min", times.least()},
             {"avg", times.average()},
             {"p50", times.percentile(0.5)},
             {"p90", times.percentile(0.9)},
             {"p99", times.percentile(0.99)},
             {"p99.9", times.percentile(0.999)},
             {"max", times.most()}}};
}

}  // namespace

void outcome_tally::answered(std::chrono::nanoseconds took, int status) {
    times_.add(took);
    if (status != 0) ++errors_[std::to_string(status)];
}

std::uint64_t outcome_tally::errors() const noexcept {
    std::uint64_t count = 0;
    for (const auto& [code, of_code] : errors_) count += of_code;
    return count;
}

std::uint64_t outcome_tally::requests() const noexcept {
    std::uint64_t count = times_.count();
    for (const char* const code : {"timeout", "no responders"})
        if (const auto found = errors_.find(code); found != errors_.end()) count += found->second;
    return count;
}

exit_code outcome_tally::code() const noexcept {
    if (errors_.empty()) return exit_code::ok;
    if (errors_.begin()->first.front() <= '9') return exit_code::service_error;  // digits are before letters
    return errors_.contains("timeout") ? exit_code::timeout : exit_code::not_found;
}

std::string errors_text(const outcome_tally& tally) {
    std::string text;
    for (const auto& [code, count] : tally.errors_by_code())
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + code;
    return text;
}

std::string times_text(const latency_record& times) {
    std::string text;
    if (times.count() == 0) return text;
    for (const auto& [name, time] : times_of(times))
        text.append(text.empty() ? "" : "  ").append(name).append(" ").append(readable(time));
    return text;
}

boost::json::object tally_json(const outcome_tally& tally) {
    boost::json::object object;
    object["requests"] = tally.requests();
    object["errors"] = tally.errors();
    boost::json::object by_code;
    for (const auto& [code, count] : tally.errors_by_code()) by_code[code] = count;
    object["errors_by_code"] = std::move(by_code);
    for (const auto& [name, time] : times_of(tally.times())) object[name] = time.count();
    return object;
}

}  // namespace mote::command
