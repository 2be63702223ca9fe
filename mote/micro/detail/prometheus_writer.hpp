#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::micro::detail {

enum class sample_kind { counter, gauge };

/// `name="value"`, with the value escaped; bytes of it that are no UTF-8 become U+FFFD.
std::string label(std::string_view name, std::string_view value);

/// Families of samples in Prometheus' text format, one behind the other. A family without samples is not written.
class prometheus_writer {
public:
    /// What `add` adds belongs to this family from now on. Names and help are ours: nothing in them is to be escaped.
    void begin(sample_kind kind, std::string_view name, std::string_view help);
    void add(std::string_view labels, std::uint64_t value);
    void add(std::string_view labels, std::chrono::nanoseconds value);  ///< in seconds, exact
    std::string text() && { return std::move(text_); }

private:
    void add_text(std::string_view labels, std::string_view value);

    std::string text_;
    std::string heading_;  // of the family, until its first sample is written
    std::string name_;
};

}  // namespace mote::micro::detail
