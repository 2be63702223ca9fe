#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::nats {

/// One header line; both parts are views into the block they came from.
struct header_field {
    std::string_view name;
    std::string_view value;
};

/// The header block of a received message, read in place: `NATS/1.0 503 No Responders\r\nName: value\r\n\r\n`.
/// Names are compared with their case, as ADR-4 asks; a key may be repeated. Lines without a colon are skipped.
/// Valid only as long as the bytes it looks at.
class headers_view {
public:
    class iterator {
    public:
        using value_type = header_field;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        iterator() = default;
        explicit iterator(std::string_view rest) : rest_(rest) { advance(); }
        const header_field& operator*() const { return field_; }
        const header_field* operator->() const { return &field_; }
        iterator& operator++() {
            advance();
            return *this;
        }
        void operator++(int) { advance(); }
        bool operator==(const iterator& other) const { return done_ == other.done_; }

    private:
        void advance();
        std::string_view rest_;
        header_field field_;
        bool done_ = true;
    };

    headers_view() = default;
    explicit headers_view(std::string_view block) : block_(block) {}

    /// True when the message had no header block at all.
    bool empty() const noexcept { return block_.empty(); }
    /// The whole block as it was on the wire.
    std::string_view raw() const noexcept { return block_; }
    /// The inline status of the first line (100, 404, 408, 409, 503, ...); 0 when there is none.
    int status() const noexcept;
    /// The text after the inline status.
    std::string_view description() const noexcept;
    /// The first value of `name`, without surrounding blanks; nothing when the name is absent.
    std::optional<std::string_view> get(std::string_view name) const;
    /// All values of `name`, in the order of the wire.
    std::vector<std::string_view> get_all(std::string_view name) const;

    iterator begin() const;
    iterator end() const { return {}; }

private:
    std::string_view block_;
};

/// Headers to send: an ordered list in which a name may be repeated, kept as the lines that go on the wire. Values keep their
/// place. `add` and `set` throw `errc::bad_header` for a name that is empty or has a colon, a blank or a character outside
/// printable ASCII; CR and LF in a value are sent as blanks (ADR-4), so a value can never start a new header.
class headers {
public:
    using iterator = headers_view::iterator;

    headers() = default;
    headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);
    explicit headers(const headers_view& received);

    /// Adds one more value for `name`. Neither may be a view into these headers.
    headers& add(std::string_view name, std::string_view value);
    /// Replaces all values of `name` by this one, or adds it. Neither may be a view into these headers.
    headers& set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    /// The first value of `name`; valid until the headers change.
    std::optional<std::string_view> get(std::string_view name) const;

    bool empty() const noexcept { return lines_.empty(); }
    /// `Name: value` CR LF for each, as on the wire, without the version before them and the empty line behind.
    std::string_view lines() const noexcept { return {lines_.data(), lines_.size()}; }
    /// Room for so many bytes of `lines()`.
    void reserve(std::size_t bytes) { lines_.reserve(bytes); }

    /// The fields in their order; valid until the headers change.
    iterator begin() const { return iterator(lines()); }
    iterator end() const { return {}; }

    bool operator==(const headers& other) const = default;

private:
    void append(std::string_view text);

    // No std::string: options hold headers, and g++ 12 copies aggregates in a `co_await` byte by byte (docs/traps.md). That does no
    // harm to a vector while it is empty.
    std::vector<char> lines_;
};

}  // namespace mote::nats
