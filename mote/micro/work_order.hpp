#pragma once

#include <mote/nats/message.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::micro {

/// By what the messages of a work endpoint are kept in order: for each key one at a time, in the order of the stream.
///
///     opts.order = micro::work_order::by_header("Order-Id");
///
/// A message without the header, or with fewer tokens, has the empty key: those are in order among themselves, so that
/// nothing loses its order because a publisher forgot it. A plain value.
class work_order {
public:
    /// No order: as many at once as there is room for, in any order.
    work_order() = default;
    /// The value of a header, its first one. Throws nats `errc::bad_header` for what cannot be a name.
    static work_order by_header(std::string name);
    /// A token of the subject, counted from 1: of `orders.eu.7`, 2 is `eu`. Throws `errc::bad_subject` for 0, and `work` does
    /// so for an endpoint whose subjects do not have so many.
    static work_order by_subject_token(std::size_t position);

    explicit operator bool() const noexcept { return token_ != 0 || !header_.empty(); }
    /// Good as long as the message is.
    std::string_view key_of(const nats::message_view& message) const;
    /// Whether the subjects that match `pattern` can have the key.
    bool fits(std::string_view pattern) const noexcept;
    /// What INFO says of it: `header <name>`, `token <position>`; empty without an order.
    std::string text() const;

    bool operator==(const work_order&) const = default;

private:
    std::string header_{};
    std::size_t token_ = 0;
};

}  // namespace mote::micro
