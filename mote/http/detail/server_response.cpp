#include <mote/http/detail/server_response.hpp>

#include <array>
#include <span>

namespace mote::http::detail {

void server_response::end(protocol::response_head& head, framing body, std::uint64_t length) {
    if (head.close() || body == framing::until_close) keep_alive_ = false;
    head.end(body, length, keep_alive_, date_ == nullptr ? std::string_view() : std::string_view(*date_));
}

void server_response::refusal(int status, std::string_view why) {
    std::string text = std::to_string(status);
    text.append(" ").append(protocol::reason_of(status)).append(": ").append(why).append("\n");
    const bool later = status == 429 || status == 503;
    const std::array<header_view, 2> headers{header_view{"Content-Type", "text/plain; charset=utf-8"},
                                             header_view{"Retry-After", "1"}};
    whole(status, std::span(headers).first(later ? 2 : 1), text);
}

void server_response::start(int status, const header_list& headers) {
    const transaction sure(*this);
    auto head = head_of(status, headers);
    const bool never = !protocol::has_body(status, {});
    left_ = head.content_length().value_or(0);
    framing_ = head.content_length() ? framing::length
               : never               ? framing::none
               : minor_version_ == 0 ? framing::until_close
                                     : framing::chunked;
    if (status == 204) framing_ = framing::none;
    bodiless_ = never || head_only_;
    end(head, framing_, left_);
    status_ = status;
    sure.commit(stage::streaming);
}

void server_response::piece(std::string_view bytes) {
    if (!streaming()) throw std::logic_error("a piece of a response that was not started");
    if (bytes.empty() || bodiless_) return;
    if (framing_ == framing::length) {
        if (bytes.size() > left_) throw std::logic_error("more of a response than its Content-Length");
        left_ -= bytes.size();
    }
    sent_ += bytes.size();
    if (framing_ == framing::chunked) return protocol::append_chunk(out_, bytes);
    out_.append(bytes);
}

bool server_response::finish() {
    if (!streaming() || bodiless_) return true;
    if (framing_ == framing::chunked) protocol::append_last_chunk(out_);
    if (framing_ == framing::length && left_ != 0) return false;
    stage_ = stage::whole;
    return true;
}

}  // namespace mote::http::detail
