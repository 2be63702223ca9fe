#pragma once

#include <mote/http/message.hpp>
#include <mote/node/detail/http_exchange.hpp>

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::node::detail {

/// Keeps the head of an answer; one object serves all answers of a connection, so that its memory is used again.
class answer_head {
public:
    /// Of names, values and what lies between them; more is refused.
    static constexpr std::size_t size_limit = 65536;
    static constexpr std::size_t field_limit = 512;

    void clear() noexcept;
    void set_status(int status, std::string_view reason);
    /// False when that is more than the limits.
    bool add(std::string_view name, std::string_view value);
    /// Headers of these names, between commas, are about the connection.
    void exclude(std::string_view names) { excluded_.append(names).append(","); }
    /// All headers are there: returns them, good until `clear`.
    upstream_head view();

private:
    struct place {
        std::size_t name;  // where it begins in text_; it ends where the value begins
        std::size_t value;
        std::size_t end;
    };

    int status_ = 0;
    std::size_t reason_ = 0;  // its size; it is the first of text_
    std::size_t size_ = 0;
    std::string text_{};
    std::string excluded_{};
    std::vector<place> places_{};
    std::vector<http::header_view> headers_{};
};

/// One answer out of bytes that come piece by piece. Each `step` takes the head, or one piece of the body.
class answer_parser final : private boost::beast::http::basic_parser<false> {
    using base = boost::beast::http::basic_parser<false>;

public:
    /// `head` is cleared; it must outlive the parser. An answer to HEAD has no body, whatever its head says.
    answer_parser(answer_head& head, bool to_head);

    enum class result {
        more,      ///< nothing can be done without more bytes
        progress,  ///< bytes were taken; `piece()` is not empty when they are a piece of the body
        bad        ///< `why()`; nothing more can be read of this connection
    };
    /// `bytes` are not empty, and begin behind those taken. `taken` is to be dropped in any case.
    result step(std::string_view bytes, std::size_t& taken);
    /// The connection has ended: false when the answer has not.
    bool end_of_input();

    std::string_view piece() const noexcept { return piece_; }
    std::string_view why() const noexcept { return why_; }
    bool has_head() const { return is_header_done(); }
    bool done() const { return is_done(); }
    bool reusable() const { return keep_alive(); }
    /// True when the body ends with the connection.
    bool until_close() const { return need_eof(); }
    std::optional<std::uint64_t> length() const;
    std::optional<std::uint64_t> length_left() const;

private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
    void on_response_impl(int status, text reason, int version, error_code& error) override;
    void on_field_impl(boost::beast::http::field name, text words, text value, error_code& error) override;
    void on_header_impl(error_code&) override { in_trailer_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(text body, error_code&) override;
    void on_chunk_header_impl(std::uint64_t size, text, error_code&) override { chunk_left_ = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override;
    void on_finish_impl(error_code&) override {}

    void refuse(std::string_view why, error_code& error);

    answer_head& head_;
    std::string_view piece_{};
    std::string why_{};
    std::uint64_t chunk_left_ = 0;
    bool in_trailer_ = false;  // fields that come now are behind the body, and are forgotten
};

}  // namespace mote::node::detail
