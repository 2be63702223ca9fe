#include <mote/http/protocol/body_decoder.hpp>

#include <mote/http/protocol/characters.hpp>

#include <algorithm>

namespace mote::http::protocol {
namespace {

constexpr unsigned most_digits = 15;       // of a chunk's size, so that it fits
constexpr std::size_t most_extra = 16384;  // bytes of all extensions and trailers of a body

int hex(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

void body_decoder::expect_length(std::uint64_t length) noexcept {
    *this = {};
    left_ = length;
    state_ = length == 0 ? state::ended : state::length;
}

void body_decoder::expect_chunks() noexcept {
    *this = {};
    chunked_ = true;
    state_ = state::size;
}

body_decoder::step body_decoder::fail(std::string_view why) noexcept {
    state_ = state::bad;
    why_ = why;
    return {result::bad};
}

// One byte of all that is between the pieces of a chunked body. False: `why_`.
bool body_decoder::take_line_byte(char c) noexcept {
    const auto refuse = [this](std::string_view why) {
        why_ = why;
        return false;
    };
    const bool text = c == '\t' || (c >= ' ' && c != 127) || static_cast<unsigned char>(c) > 127;
    switch (state_) {
        case state::size:
            if (const int digit = hex(c); digit >= 0) {
                if (++digits_ > most_digits) return refuse("a chunk size that is too large");
                left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
                return true;
            }
            if (digits_ == 0 || (c != ';' && c != '\r')) return refuse("a chunk size that is not a hexadecimal number");
            state_ = c == ';' ? state::extension : state::size_end;
            return true;
        case state::extension:
            if (c == '\r')
                state_ = state::size_end;
            else if (!text)
                return refuse("a control character in a chunk extension");
            return ++extra_ <= most_extra || refuse("chunk extensions that are too long");
        case state::size_end:
            if (c != '\n') return refuse("a chunk size that does not end in CRLF");
            digits_ = 0;
            state_ = left_ == 0 ? state::line : state::chunk;
            return true;
        case state::chunk_cr:
            if (c != '\r') return refuse("a chunk that is longer than its size");
            state_ = state::chunk_lf;
            return true;
        case state::chunk_lf:
            if (c != '\n') return refuse("a chunk that does not end in CRLF");
            state_ = state::size;
            return true;
        case state::line:
            if (c == '\r') {
                state_ = state::line_end;
                return true;
            }
            if (c == ' ' || c == '\t') return refuse("a folded trailer line");
            digits_ = 1;  // the line has something in it
            state_ = state::trailer_name;
            [[fallthrough]];
        case state::trailer_name:
            // Who ends the body at the last chunk would take such a line for the next request.
            if (c == ':' && digits_ == 2)
                state_ = state::trailer;
            else if (!is_token({&c, 1}))
                return refuse("a trailer that is not a header");
            digits_ = 2;  // and a name
            return ++extra_ <= most_extra || refuse("trailers that are too long");
        case state::trailer:
            if (c == '\r')
                state_ = state::line_end;
            else if (!text)
                return refuse("a control character in a trailer");
            return ++extra_ <= most_extra || refuse("trailers that are too long");
        case state::line_end:
            if (c != '\n') return refuse("a trailer that does not end in CRLF");
            state_ = digits_ == 0 ? state::ended : state::line;
            digits_ = 0;
            return true;
        default: return refuse("a bug of the reader");
    }
}

body_decoder::step body_decoder::decode(std::string_view bytes) noexcept {
    step done;
    while (state_ != state::ended) {
        if (state_ == state::bad) return fail(why_);
        if (done.taken == bytes.size()) return done;
        if (state_ == state::length || state_ == state::chunk) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - done.taken));
            done.data = bytes.substr(done.taken, size);
            done.taken += size;
            left_ -= size;
            if (left_ == 0) state_ = state_ == state::length ? state::ended : state::chunk_cr;
            done.what = result::data;
            return done;
        }
        if (!take_line_byte(bytes[done.taken])) return fail(why_);
        ++done.taken;
    }
    done.what = result::end;
    return done;
}

}  // namespace mote::http::protocol
