#pragma once

#include <string>

namespace mote::http::detail {

/// Where a URL leads, without user name and password: good for error texts.
struct origin {
    std::string authority;  // "host" or "host:port"
    std::string host;       // without brackets
    bool secure;            // https
};

/// Throws `errc::bad_url` when libcurl does not understand the URL, or when it is neither http nor https.
origin parse_origin(const std::string& url);

}  // namespace mote::http::detail
