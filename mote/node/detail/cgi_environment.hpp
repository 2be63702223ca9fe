#pragma once

#include <mote/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::node::detail {

/// What a process that is started for one request is told about it besides the body.
struct cgi_request {
    std::string_view method{};
    std::string_view path{};   // `/` where empty
    std::string_view query{};  // as it was sent, without the `?`
    std::string_view host{};
    std::optional<std::uint64_t> content_length{};  // none: not known, the body comes in chunks
    std::span<const http::header_view> headers{};
};

/// Which watchdog's names.
enum class cgi_names {
    of_watchdog,
    classic  ///< also `Http_ContentLength`, `Http_Content_Length` and `Http_Host`
};

using environment_list = std::vector<std::pair<std::string, std::string>>;

/// The `Http_...` variables: `Http_Method`, `Http_Path`, `Http_Query` where there is one, `Http_Transfer_Encoding` where the
/// length is not known, and the first header of each name: `x-call-id` becomes `Http_X_Call_Id`.
///
/// A header cannot choose another name than one that begins with `Http_`, nor one of those above. Left out: names with other
/// characters than letters, digits, `-` and `_`, and `Proxy`, which many programs would obey as `Http_Proxy`.
/// Throws `errc::headers_too_large` when names and values are more than `limit` bytes, `errc::bad_request` for a NUL.
environment_list cgi_environment(const cgi_request& asked, cgi_names names, std::size_t limit = 65536);

}  // namespace mote::node::detail
