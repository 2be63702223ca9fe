#pragma once

#include <mote/json/detail/form.hpp>
#include <mote/json/detail/place.hpp>
#include <mote/json/detail/time.hpp>
#include <mote/json/error.hpp>

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mote::json::detail {

class reader;

/// How a member of a described structure is read.
struct member_entry {
    std::string_view name;
    bool required = true;
    bool (*read)(reader&, void* structure) = nullptr;
    void (*reset)(void* structure) = nullptr;  ///< back to its default: a name that comes twice starts again
};

/// How an alternative of a variant is read.
struct alternative {
    kinds accepts = 0;
    bool (*read)(reader&, void* variant) = nullptr;
};

/// Takes a JSON text apart, value after value. Which types ask for what is in `decode.hpp`; nothing here is a template,
/// so that a described structure costs a table and a few lines of code.
///
/// Each call takes one value and returns true, or notes what is wrong, with the path, and returns false; then all is
/// over. Only `alternatives` goes back. Allocates nothing but what it puts into its results and one string with
/// escapes. What elements take in C++ is counted, as a few bytes of text can make a large one.
class reader {
public:
    /// The text has to stay. More than `max_depth` levels are an error, as are more than 1000: each takes some stack.
    reader(std::string_view text, std::size_t max_depth) noexcept;

    /// Before the first value. `max_size` 0: no limit; `max_memory` as in `decode_options`.
    bool start(std::size_t max_size = 0, std::size_t max_memory = 0);
    /// After the last one: nothing may follow.
    bool finish();

    /// The kind of the next value by its first character; `none` at the end and where no value starts.
    kind peek() noexcept;

    bool null();
    bool boolean(bool& value);
    /// The bits of an integer within `least`..`most`; unsigned types have a `least` of 0.
    bool integer(std::int64_t least, std::uint64_t most, std::uint64_t& bits);
    bool number(double& value);
    bool number(float& value);
    bool text(std::string& value);
    /// Which of `names` the next string is.
    bool name(std::span<const std::string_view> names, std::size_t& index);
    bool time(tick period, std::int64_t least, std::int64_t most, std::int64_t& ticks);
    /// Ticks of `step` nanoseconds each.
    bool duration(std::int64_t step, std::int64_t least, std::int64_t most, std::int64_t& ticks);
    bool raw(std::string& text);
    bool any(boost::json::value& value);
    /// Any value, unread but checked.
    bool skip();

    /// Counts what is about to be made in C++, in bytes; an error where that is more than allowed.
    bool allot(std::size_t bytes);

    /// Calls `read` once an element, with `into`; each takes `element` bytes in C++.
    bool array(std::size_t element, void* into, bool (*read)(reader&, void* into, std::size_t index));
    /// The same for exactly `size` elements.
    bool array_of(std::size_t size, void* into, bool (*read)(reader&, void* into, std::size_t index));
    /// Calls `read` once a member, of `element` bytes in C++. The key is valid until the value is read.
    bool object(std::size_t element, void* into, bool (*read)(reader&, void* into, std::string_view key));
    bool structure(void* into, std::span<const member_entry> members);
    bool alternatives(void* variant, std::span<const alternative> all);

    /// Keys of maps that are no strings.
    bool integer_key(std::string_view key, std::int64_t least, std::uint64_t most, std::uint64_t& bits);
    bool name_key(std::string_view key, std::span<const std::string_view> names, std::size_t& index);

    /// Notes that the value just read is none of its type: `expected a version`.
    bool fail_expected(std::string_view what);

    /// What was noted.
    const std::string& problem() const noexcept { return problem_; }
    [[noreturn]] void raise() const;

private:
    bool fail(errc code, std::string_view text);
    bool fail_always(errc code, std::string_view text);  // also while alternatives are tried
    bool fail_syntax(std::string_view expected);
    bool fail_escape(std::string_view expected);
    bool fail_utf8();
    bool fail_kind(std::string_view expected);
    bool fail_kinds(kinds expected);
    bool fail_value(std::string_view expected, std::string_view found);
    bool fail_range(std::string_view expected, std::string_view found, errc code = errc::out_of_range);
    bool fail_integer(std::string_view what, std::int64_t least, std::uint64_t most, std::string_view found);
    bool fail_name(std::string_view what, std::span<const std::string_view> names, std::string_view found);
    bool got(std::string& out);

    void skip_space() noexcept;
    bool literal(std::string_view word);
    bool number(std::string_view& text);
    bool view(std::string_view& text);
    bool unescape(const char* run, std::string_view& text);
    bool character();
    bool escape();
    bool hex4(std::uint32_t& code);
    bool key(std::string_view& name);
    bool open(kind wanted);
    bool next(char close, bool first, bool& more);
    template <class Floating>
    bool floating(Floating& value, std::string_view name);
    std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

    const char* begin_;
    const char* at_;
    const char* end_;
    const place* here_ = nullptr;
    std::size_t max_depth_;
    std::size_t depth_ = 0;
    std::size_t max_memory_ = 0;
    std::size_t allotted_ = 0;
    std::size_t trials_ = 0;  // alternatives being tried: their failures are not noted
    std::size_t reread_ = 0;  // bytes that failed alternatives had read
    bool hopeless_ = false;   // noted something that no alternative can mend
    errc code_ = errc::syntax;
    std::string path_, problem_;
    std::string unescaped_;
};

}  // namespace mote::json::detail
