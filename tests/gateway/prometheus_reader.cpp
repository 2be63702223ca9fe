#include <tests/gateway/prometheus_reader.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mote::test {
namespace {

[[noreturn]] void wrong(const std::string& why) { throw std::runtime_error(why); }

bool is_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
    };
    return !text.empty() && (text[0] < '0' || text[0] > '9') && std::ranges::all_of(text, fits);
}

double number(std::string_view text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    std::size_t used = 0;
    const double value = std::stod(std::string(text), &used);
    if (used != text.size() || text[0] == ' ') wrong("not a number");
    return value;
}

struct sample {
    std::string name{};
    std::vector<std::pair<std::string, std::string>> labels{};
    double value = 0;

    /// As it was written, without the label that says a bucket's bound.
    std::string without_bound() const {
        std::string text;
        for (const auto& [label, value_of_it] : labels)
            if (label != "le") text += label + "=" + value_of_it + ",";
        return text;
    }
    std::string bound() const {
        for (const auto& [label, value_of_it] : labels)
            if (label == "le") return value_of_it;
        wrong("a bucket without a bound");
    }
};

/// `a="b",c="d"} ` and what is behind it.
void read_labels(std::string_view& rest, sample& to) {
    for (;;) {
        const auto equals = rest.find("=\"");
        if (equals == std::string_view::npos || !is_name(rest.substr(0, equals))) wrong("not a label");
        const std::string name(rest.substr(0, equals));
        rest.remove_prefix(equals + 2);
        std::string value;
        while (!rest.empty() && rest[0] != '"') {
            if (rest[0] == '\\') {
                rest.remove_prefix(1);
                if (rest.empty() || std::string_view("\\\"n").find(rest[0]) == std::string_view::npos)
                    wrong("not an escape");
            }
            value += rest[0];
            rest.remove_prefix(1);
        }
        for (const auto& [other, ignored] : to.labels)
            if (other == name) wrong("a label twice");
        to.labels.emplace_back(name, value);
        if (rest.starts_with("\"} ")) return rest.remove_prefix(3);
        if (!rest.starts_with("\",")) wrong("labels without an end");
        rest.remove_prefix(2);
    }
}

sample read_sample(std::string_view line) {
    sample made;
    const auto end = line.find_first_of("{ ");
    if (end == std::string_view::npos) wrong("no value");
    made.name = line.substr(0, end);
    if (!is_name(made.name)) wrong("not a name");
    auto rest = line.substr(end + 1);
    if (line[end] == '{') read_labels(rest, made);
    made.value = number(rest);
    return made;
}

/// One histogram or more, of one family.
void check_histograms(const std::vector<sample>& samples, const std::string& family) {
    std::size_t at = 0;
    while (at < samples.size()) {
        const auto series = samples[at].without_bound();
        double bound = -1;
        double count = 0;
        for (; at < samples.size() && samples[at].name == family + "_bucket"; ++at) {
            const auto next = number(samples[at].bound());
            if (samples[at].without_bound() != series || next <= bound || samples[at].value < count)
                wrong("buckets in disorder");
            bound = next;
            count = samples[at].value;
        }
        if (bound != std::numeric_limits<double>::infinity()) wrong("no bucket +Inf");
        if (at + 2 > samples.size() || samples[at].name != family + "_sum" || samples[at].without_bound() != series)
            wrong("no sum");
        if (samples[at + 1].name != family + "_count" || samples[at + 1].value != count)
            wrong("a count that is not +Inf's");
        at += 2;
    }
}

class reader {
public:
    void line(std::string_view text, prometheus_reading& to) {
        if (text.starts_with("# HELP ")) return begin(text.substr(7));
        if (text.starts_with("# TYPE ")) return type(text.substr(7));
        const auto read = read_sample(text);
        const bool histogram = kind_ == "histogram";
        if (kind_.empty()) wrong("a sample before its TYPE");
        const std::set<std::string> names{family_ + "_bucket", family_ + "_sum", family_ + "_count"};
        if (histogram ? !names.contains(read.name) : read.name != family_) wrong("a sample of another family");
        if (read.value < 0) wrong("negative");
        if (!to.samples.emplace(text.substr(0, text.rfind(' ')), read.value).second) wrong("a sample twice");
        samples_.push_back(read);
    }

    void end() {
        if (kind_.empty() && !family_.empty()) wrong("a family without a TYPE");
        if (!family_.empty() && samples_.empty()) wrong("a family without samples");
        if (kind_ == "histogram") check_histograms(samples_, family_);
    }

private:
    void begin(std::string_view text) {
        end();
        family_ = text.substr(0, text.find(' '));
        kind_.clear();
        samples_.clear();
        if (!is_name(family_) || text.size() < family_.size() + 2) wrong("not a HELP");
        if (!families_.insert(family_).second) wrong("a family twice");
    }

    void type(std::string_view text) {
        if (!kind_.empty() || !text.starts_with(family_ + " ")) wrong("a TYPE that is not behind its HELP");
        kind_ = text.substr(family_.size() + 1);
        if (kind_ != "counter" && kind_ != "gauge" && kind_ != "histogram") wrong("not a TYPE");
    }

    std::set<std::string> families_;
    std::string family_;
    std::string kind_;
    std::vector<sample> samples_;
};

}  // namespace

prometheus_reading read_prometheus(std::string_view text) {
    prometheus_reading made;
    reader lines;
    std::string_view line;
    try {
        while (!text.empty()) {
            const auto end = text.find('\n');
            line = text.substr(0, end);
            if (end == std::string_view::npos) wrong("no line break at the end");
            text.remove_prefix(end + 1);
            lines.line(line, made);
        }
        line = "(the end)";
        lines.end();
    } catch (const std::exception& error) {
        made.error = std::string(line) + ": " + error.what();
    }
    return made;
}

}  // namespace mote::test
