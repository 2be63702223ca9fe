#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::functions::detail {

/// Of `http://` or `https://`, in upper or lower case; zero for other URLs.
std::size_t scheme_size(std::string_view url);
/// What stands behind the scheme, of which `scheme` is the size: user, host and port.
std::string_view authority_of(std::string_view url, std::size_t scheme);
/// Host and port of an authority.
std::string_view host_of(std::string_view authority);
/// For an error, in quotes: without what may be a user, a password or a query, also of a text that is no URL.
std::string quoted_url(std::string_view url);

}  // namespace mote::functions::detail
