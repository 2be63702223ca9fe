#pragma once

#include <mote/nats/protocol/parser.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::protocol {

using parse_function = parse_result (*)(std::string_view, frame&, const limits&) noexcept;

/// All that a frame says, as one line: two frames are the same exactly when their lines are.
inline std::string line_of(const frame& each) {
    constexpr std::string_view names[] = {"info", "msg", "ok", "err", "connect", "pub", "sub", "unsub", "ping", "pong"};
    const auto part = [](std::string_view text) { return " [" + std::string(text) + "]"; };
    std::string line(names[static_cast<std::size_t>(each.op)]);
    switch (each.op) {
        case operation::msg: line += part(each.subject) + part(each.reply) + ' ' + std::to_string(each.sid); break;
        case operation::pub: line += part(each.subject) + part(each.reply); break;
        case operation::sub: line += part(each.subject) + part(each.reply) + ' ' + std::to_string(each.sid); break;
        case operation::unsub: line += ' ' + std::to_string(each.sid) + ' ' + std::to_string(each.max); break;
        case operation::info:
        case operation::err:
        case operation::connect: line += part(each.text); break;
        default: break;
    }
    if (each.op == operation::msg || each.op == operation::pub) line += part(each.headers.raw()) + part(each.payload);
    return line;
}

/// Feeds a parser piece by piece, each time from memory that ends where the input ends, so that the address sanitizer sees
/// a read past it. Throws `std::logic_error` when the parser breaks its contract.
class frame_feed {
public:
    explicit frame_feed(parse_function parse, limits bounds = {}) : parse_(parse), bounds_(bounds) {}

    /// Takes what comes next. Nothing happens after an error.
    void take(std::string_view piece) {
        if (error_ != parse_error::none) return;
        const std::size_t size = rest_.size() + piece.size();
        const std::unique_ptr<char[]> exact(new char[size]);
        rest_.copy(exact.get(), rest_.size());
        piece.copy(exact.get() + rest_.size(), piece.size());
        rest_ = take_frames({exact.get(), size});
    }

    const std::vector<std::string>& lines() const noexcept { return lines_; }
    parse_error error() const noexcept { return error_; }
    /// What is left of the input: the beginning of a frame.
    const std::string& rest() const noexcept { return rest_; }

private:
    static void require(bool holds, const char* what) {
        if (!holds) throw std::logic_error(what);
    }

    std::string take_frames(std::string_view input) {
        while (!input.empty()) {
            frame next;
            const auto result = parse_(input, next, bounds_);
            if (result.status == parse_result::kind::invalid) {
                require(result.error != parse_error::none, "invalid without an error");
                error_ = result.error;
                break;
            }
            if (result.status == parse_result::kind::incomplete) {
                require(result.size > input.size(), "incomplete, but no more bytes are asked for");
                asked_ = result.size;
                break;
            }
            require(result.size != 0 && result.size <= input.size(), "complete with more bytes than there are");
            require(result.size >= asked_, "asked for more bytes than the frame has");
            asked_ = 0;
            lines_.push_back(line_of(next));
            input.remove_prefix(result.size);
        }
        return std::string(input);
    }

    parse_function parse_;
    limits bounds_;
    std::vector<std::string> lines_;
    parse_error error_ = parse_error::none;
    std::string rest_;
    std::size_t asked_ = 0;  // by the parser, for the frame that is at the front
};

}  // namespace mote::nats::protocol
