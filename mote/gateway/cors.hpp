#pragma once

#include <mote/http/message.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway {

/// Which pages of other origins a browser may let ask.
struct cors_options {
    std::vector<std::string> origins{};  ///< exact, as `https://example.org:8443`, or `*` for all; empty: off
    std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    std::vector<std::string> headers{"Authorization", "Content-Type", "X-Call-Id"};  ///< that may be sent; `*`: any
    std::vector<std::string> exposed{"X-Call-Id", "X-Duration-Seconds"};  ///< of answers, that a page may see
    std::chrono::seconds max_age{600};  ///< how long a browser may keep the answer of a preflight
};

/// Cross-origin resource sharing. Off, the default, it changes nothing: an OPTIONS request is the function's own. On, it
/// answers preflights, which then never reach a function and need no credentials, and its headers take the place of the
/// function's own. Cookies and saved passwords are never allowed; a page sends `Authorization` itself.
///
/// Nothing is changed after the constructor: on any thread.
class cors {
public:
    cors() = default;
    /// Throws `errc::bad_cors` with the option.
    explicit cors(cors_options opts);

    bool on() const noexcept { return !opts_.origins.empty(); }

    /// The answer when it is on and this is a preflight: OPTIONS with `Origin` and `Access-Control-Request-Method`. 204; an
    /// origin that is not allowed gets no `Access-Control-` header, which makes the browser refuse.
    std::optional<http::response> preflight(std::string_view method, std::span<const http::header_view> headers) const;

    /// Makes the headers of any other answer right, where it is on.
    void apply(std::span<const http::header_view> request_headers, http::header_list& answer_headers) const;

private:
    /// What `Access-Control-Allow-Origin` is for that origin; empty when it is not allowed.
    std::string_view allowed(std::string_view origin) const noexcept;

    cors_options opts_;
    bool any_origin_ = false;
    bool any_header_ = false;
    std::string methods_;
    std::string headers_;
    std::string exposed_;
};

}  // namespace mote::gateway
