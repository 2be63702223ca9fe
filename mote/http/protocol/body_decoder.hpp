#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::http::protocol {

/// Takes the body of a request out of the bytes that follow its head: as long as Content-Length says, or chunked.
class body_decoder {
public:
    enum class result {
        more,  ///< all bytes were taken, and the body goes on
        data,  ///< `data` is a piece of the body
        end,   ///< the body is complete
        bad    ///< `why()`; nothing more can be read of this connection
    };
    struct step {
        result what = result::more;
        std::size_t taken = 0;    // bytes that need not be shown again
        std::string_view data{};  // the last of the bytes taken
    };

    void expect_length(std::uint64_t length) noexcept;
    void expect_chunks() noexcept;
    /// Looks at bytes from the front; never past the end of the body.
    step decode(std::string_view bytes) noexcept;

    bool ended() const noexcept { return state_ == state::ended; }
    bool chunked() const noexcept { return chunked_; }
    std::uint64_t left() const noexcept { return left_; }  ///< of the body or, when chunked, of the chunk
    std::string_view why() const noexcept { return why_; }

private:
    enum class state {
        ended,
        length,
        size,
        extension,
        size_end,
        chunk,
        chunk_cr,
        chunk_lf,
        line,
        trailer_name,
        trailer,
        line_end,
        bad
    };

    step fail(std::string_view why) noexcept;
    bool take_line_byte(char c) noexcept;

    state state_ = state::ended;
    bool chunked_ = false;
    std::uint64_t left_ = 0;
    unsigned digits_ = 0;
    std::size_t extra_ = 0;  // bytes of extensions and trailers, which are read and forgotten
    std::string_view why_{};
};

}  // namespace mote::http::protocol
