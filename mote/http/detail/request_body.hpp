#pragma once

#include <mote/http/detail/input_buffer.hpp>
#include <mote/http/protocol/body_decoder.hpp>
#include <mote/http/protocol/request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::http::detail {

/// The body of one request, taken out of what its connection has read.
class request_body {
public:
    using result = protocol::body_decoder::result;

    explicit request_body(input_buffer& input) noexcept : input_(input) {}

    void begin(const protocol::request_head& head) noexcept {
        if (head.chunked)
            decoder_.expect_chunks();
        else
            decoder_.expect_length(head.content_length.value_or(0));
    }

    /// `data`: the next piece is `piece()`, and stays where it is until `release`.
    result next() noexcept {
        release();
        const auto step = decoder_.decode(input_.bytes());
        if (step.what == result::data) {
            piece_ = step.data;
            held_ = step.taken;
        } else {
            input_.consume(step.taken);
        }
        return step.what;
    }
    std::string_view piece() const noexcept { return piece_; }
    bool holding() const noexcept { return held_ != 0; }
    void release() noexcept {
        input_.consume(held_);
        held_ = 0;
        piece_ = {};
    }

    /// True when its end has come out of `next`; a length is known to be reached without another byte.
    bool ended() const noexcept { return decoder_.ended(); }
    /// All of a body of known length has come, and nothing of it was taken.
    bool whole() const noexcept { return !decoder_.chunked() && input_.size() - held_ >= decoder_.left(); }
    /// What follows it is near: at most `bound` bytes of known length are left.
    bool ends_within(std::uint64_t bound) const noexcept {
        return ended() || (!decoder_.chunked() && decoder_.left() <= bound);
    }
    std::uint64_t left() const noexcept { return decoder_.left(); }
    std::string_view why() const noexcept { return decoder_.why(); }

private:
    input_buffer& input_;
    protocol::body_decoder decoder_;
    std::string_view piece_{};
    std::size_t held_ = 0;  // bytes at the front of the input: what was decoded to the end of `piece_`
};

}  // namespace mote::http::detail
