#include <mote/functions/scale_settings.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/duration.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mote::functions {
namespace {

constexpr std::uint32_t most_replicas = 1000;
constexpr double other_target = 50;  // of what is not counted in requests/s
const std::string scale_prefix = "com.openfaas.scale.";

/// The labels of one function, read one after the other.
class label_reader {
public:
    explicit label_reader(const text_map& labels) noexcept : labels_(labels) {}

    void number(const std::string& name, std::uint32_t least, std::uint32_t most, std::uint32_t& value) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        const auto [rest, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
        if (failed != std::errc() || rest != text->data() + text->size() || value < least || value > most)
            refuse(name, *text, std::to_string(least) + ".." + std::to_string(most));
    }

    void real(const std::string& name, double most, double& value) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        const auto [rest, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
        if (failed != std::errc() || rest != text->data() + text->size() || !(value > 0) || value > most)
            refuse(name, *text, "a number above 0");
    }

    void flag(const std::string& name, bool& value) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        if (*text != "true" && *text != "false" && *text != "1" && *text != "0") refuse(name, *text, "true or false");
        value = *text == "true" || *text == "1";
    }

    void duration(const std::string& name, std::chrono::nanoseconds most, std::chrono::nanoseconds& value) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        const auto found = nats::parse_duration(*text);
        if (!found || *found < std::chrono::nanoseconds(0) || *found > most)
            refuse(name, *text, "a duration such as 90s or 15m");
        value = *found;
    }

    const std::string* find(const std::string& name) const {
        const auto found = labels_.find(scale_prefix + name);
        return found == labels_.end() ? nullptr : &found->second;
    }

    [[noreturn]] static void refuse(const std::string& name, const std::string& text, const std::string& wanted) {
        throw_error(errc::bad_setting,
                    "label " + scale_prefix + name + " " + detail::quoted(text) + ": expected " + wanted);
    }

private:
    const text_map& labels_;
};

}  // namespace

scale_settings scale_settings::of(const text_map& labels) {
    using namespace std::chrono_literals;
    scale_settings result;
    const label_reader reader(labels);
    reader.number("min", 0, most_replicas, result.min);
    result.max = std::max(result.max, result.min);
    reader.number("max", 1, most_replicas, result.max);
    if (result.max < result.min) label_reader::refuse("max", *reader.find("max"), "not less than min");
    reader.flag("zero", result.zero);
    reader.duration("zero-duration", 24h * 365, result.zero_after);
    reader.real("target-proportion", 1, result.proportion);
    reader.duration("down.window", 5min, result.down_window);
    reader.number("factor", 0, 100, result.factor);
    if (const auto* const kind = reader.find("type")) {
        if (*kind == "rps")
            result.kind = load_kind::rps;
        else if (*kind == "capacity" || *kind == "inflight")
            result.kind = load_kind::capacity;
        else if (*kind == "cpu")
            result.kind = load_kind::cpu;
        else
            label_reader::refuse("type", *kind, "rps, capacity or cpu");
    }
    if (result.kind != load_kind::rps) result.target = other_target;
    reader.real("target", 1e9, result.target);
    return result;
}

scale_settings scale_settings::of(const description& what) {
    return what.wanted.labels ? of(*what.wanted.labels) : scale_settings();
}

std::uint32_t scale_settings::wanted(double load) const noexcept {
    const double needed = load > 0 ? std::ceil(load / (target * proportion)) : 0;
    const double bounded = std::clamp(needed, 1.0, static_cast<double>(most_replicas));
    return std::clamp(static_cast<std::uint32_t>(bounded), std::max(min, 1U), max);
}

}  // namespace mote::functions
