#pragma once

#include <mote/gateway/detail/code_table.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// `name="value"`. What is no visible ASCII, a quote or a backslash becomes `_`, so that nothing is to be escaped: the values
/// here are names, statuses and versions.
std::string plain_label(std::string_view name, std::string_view value);

/// Families of samples in Prometheus' text format 0.0.4, one behind the other; one without samples is not written.
class metrics_text {
public:
    enum class kind { counter, gauge, histogram };

    /// What is added belongs to this family from now on. Names and help are ours: nothing in them is to be escaped.
    void begin(kind of, std::string_view name, std::string_view help);
    /// `labels` as `plain_label` makes them, with commas between; may be empty.
    void add(std::string_view labels, std::uint64_t value);
    void add_nanoseconds(std::string_view labels, std::uint64_t value);  ///< as seconds
    /// One of a histogram, with all its lines.
    void add(std::string_view labels, const code_table::row& row);

    std::string finish() && { return std::move(text_); }

private:
    void line(std::string_view suffix, std::string_view labels, std::string_view value);

    std::string text_;
    std::string heading_;  // of the family, until its first sample is written
    std::string name_;
};

}  // namespace mote::gateway::detail
