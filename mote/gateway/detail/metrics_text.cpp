#include <mote/gateway/detail/metrics_text.hpp>

namespace mote::gateway::detail {
namespace {

std::string seconds(std::uint64_t nanoseconds) {
    constexpr std::uint64_t second = 1'000'000'000;
    auto part = std::to_string(nanoseconds % second);
    part.insert(0, 9 - part.size(), '0');
    return std::to_string(nanoseconds / second) + "." + part;
}

std::string_view name_of(metrics_text::kind of) noexcept {
    switch (of) {
        case metrics_text::kind::counter: return "counter";
        case metrics_text::kind::gauge: return "gauge";
        case metrics_text::kind::histogram: return "histogram";
    }
    return "untyped";
}

}  // namespace

std::string plain_label(std::string_view name, std::string_view value) {
    std::string text(name);
    text += "=\"";
    for (const char c : value) text += c < ' ' || c > '~' || c == '"' || c == '\\' ? '_' : c;
    return text + "\"";
}

void metrics_text::begin(kind of, std::string_view name, std::string_view help) {
    name_ = name;
    heading_ =
        "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(name_of(of)) + "\n";
}

void metrics_text::add(std::string_view labels, std::uint64_t value) { line("", labels, std::to_string(value)); }

void metrics_text::add_nanoseconds(std::string_view labels, std::uint64_t value) { line("", labels, seconds(value)); }

void metrics_text::add(std::string_view labels, const code_table::row& row) {
    std::uint64_t sum = 0;
    std::string with_bound;
    for (std::size_t i = 0; i < row.counts.size(); ++i) {
        sum += row.counts[i];
        const std::string_view bound = i < latency_bounds.size() ? latency_bounds[i].text : "+Inf";
        with_bound.assign(labels).append(",le=\"").append(bound).append("\"");
        line("_bucket", with_bound, std::to_string(sum));
    }
    line("_sum", labels, seconds(row.nanoseconds));
    line("_count", labels, std::to_string(sum));
}

void metrics_text::line(std::string_view suffix, std::string_view labels, std::string_view value) {
    text_ += heading_;
    heading_.clear();
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
}

}  // namespace mote::gateway::detail
