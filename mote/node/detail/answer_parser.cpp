#include <mote/node/detail/answer_parser.hpp>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace mote::node::detail {
namespace {

namespace beast_http = boost::beast::http;

std::string_view view_of(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

void answer_head::clear() noexcept {
    status_ = 0;
    reason_ = size_ = 0;
    text_.clear();
    excluded_.clear();
    places_.clear();
    headers_.clear();
}

void answer_head::set_status(int status, std::string_view reason) {
    status_ = status;
    reason_ = reason.size();
    size_ += reason.size();
    text_ = reason;
}

bool answer_head::add(std::string_view name, std::string_view value) {
    constexpr std::size_t between = 4;  // a colon, a space and the line's end
    size_ += name.size() + value.size() + between;
    if (size_ > size_limit || places_.size() == field_limit) return false;
    const auto begin = text_.size();
    text_.append(name).append(value);
    places_.push_back({begin, begin + name.size(), text_.size()});
    return true;
}

upstream_head answer_head::view() {
    const std::string_view all = text_;
    headers_.clear();
    for (const auto& at : places_) {
        const auto name = all.substr(at.name, at.value - at.name);
        if (!excluded_.empty() && http::has_word(excluded_, name)) continue;
        headers_.push_back({name, all.substr(at.value, at.end - at.value)});
    }
    return {status_, all.substr(0, reason_), headers_, {}};
}

answer_parser::answer_parser(answer_head& head, bool to_head) : head_(head) {
    head_.clear();
    eager(false);
    skip(to_head);
    body_limit(boost::none);
    header_limit(answer_head::size_limit);
}

answer_parser::result answer_parser::step(std::string_view bytes, std::size_t& taken) {
    piece_ = {};
    taken = 0;
    // Beast 1.81 asserts that it sees all five bytes of the last chunk when it looks at it again.
    constexpr std::size_t last_chunk = 5;
    if (bytes.size() < last_chunk && bytes.front() == '0' && is_header_done() && chunked() && chunk_left_ == 0)
        return result::more;
    error_code error;
    taken = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (!error) return result::progress;
    if (error == beast_http::error::need_more) return result::more;
    if (why_.empty()) why_ = error.message();
    return result::bad;
}

bool answer_parser::end_of_input() {
    if (!got_some() || !is_header_done()) return false;
    error_code error;
    put_eof(error);
    return !error;
}

std::optional<std::uint64_t> answer_parser::length() const {
    const auto length = content_length();
    return length ? std::optional(*length) : std::nullopt;
}

std::optional<std::uint64_t> answer_parser::length_left() const {
    if (is_done()) return 0;
    const auto left = content_length_remaining();
    return left ? std::optional(*left) : std::nullopt;
}

void answer_parser::on_response_impl(int status, text reason, int /*version*/, error_code& error) {
    if (status < 100) return refuse("a status below 100", error);
    if (status == 101) return refuse("it changes the protocol, which was not asked for", error);
    head_.set_status(status, view_of(reason));
}

void answer_parser::on_field_impl(beast_http::field name, text words, text value, error_code& error) {
    if (in_trailer_) return;
    using beast_http::field;
    switch (name) {
        case field::transfer_encoding:
            if (!http::same_name(view_of(value), "chunked")) refuse("a transfer encoding that is not chunked", error);
            return;
        case field::connection: head_.exclude(view_of(value)); return;
        case field::content_length:
        case field::keep_alive:
        case field::proxy_connection:
        case field::te:
        case field::trailer:
        case field::upgrade: return;
        default:
            if (!head_.add(view_of(words), view_of(value))) refuse("its head is too large", error);
    }
}

std::size_t answer_parser::on_body_impl(text body, error_code& /*error*/) {
    piece_ = view_of(body);
    return body.size();
}

std::size_t answer_parser::on_chunk_body_impl(std::uint64_t /*remain*/, text body, error_code& /*error*/) {
    piece_ = view_of(body);
    chunk_left_ -= body.size();
    return body.size();
}

void answer_parser::refuse(std::string_view why, error_code& error) {
    why_ = why;
    error = beast_http::error::bad_value;
}

}  // namespace mote::node::detail
