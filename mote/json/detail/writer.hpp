#pragma once

#include <mote/json/detail/place.hpp>
#include <mote/json/detail/time.hpp>
#include <mote/json/error.hpp>

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mote::json::detail {

/// Appends JSON to a string. Which types become which calls is in `encode.hpp`; nothing here is a template. Each call
/// that finds a value without a form in JSON throws `encode_error` with the path of the place.
class writer {
public:
    explicit writer(std::string& out) noexcept : out_(out) {}

    void null() { out_ += "null"; }
    void boolean(bool value) { out_ += value ? "true" : "false"; }
    void integer(std::int64_t value);
    void integer(std::uint64_t value);
    void number(double value);
    void number(float value);  // the shortest text that is read back as the same float
    void text(std::string_view value);
    /// `value` needs no escapes.
    void plain_text(std::string_view value);
    /// `representable` is false when the count of ticks is beyond 64 bits.
    void time(std::int64_t ticks, tick period, bool representable);
    void duration(std::int64_t ticks, std::int64_t nanoseconds, bool representable);
    void raw(std::string_view text);
    void any(const boost::json::value& value);

    void open(char bracket);
    void close(char bracket) {
        --depth_;
        out_ += bracket;
    }

    /// Before each element, `index` counting from 0.
    void element(place& here, std::size_t index) {
        here.at(index);
        if (index != 0) out_ += ',';
    }
    /// Before the value of a member of a described structure; `key` is `,"name":`.
    void member(place& here, std::string_view key) {
        here.at(key.substr(2, key.size() - 4));
        out_.append(out_.back() == '{' ? key.substr(1) : key);  // no value ends in an opening bracket
    }
    /// Before the value of a member with any name.
    void key(place& here, std::string_view name);

    const place*& here() noexcept { return here_; }

    [[noreturn]] void fail(errc code, std::string_view text) const;
    [[noreturn]] void fail_enumeration(std::int64_t value) const;

private:
    std::string& out_;
    const place* here_ = nullptr;
    std::size_t depth_ = 0;
};

}  // namespace mote::json::detail
