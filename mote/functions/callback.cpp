#include <mote/functions/callback.hpp>

#include <mote/functions/detail/url_text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {

using detail::authority_of;
using detail::host_of;
using detail::scheme_size;

namespace {

constexpr std::size_t longest_url = 2048;

[[noreturn]] void refuse_url(std::string_view url, const std::string& why) {
    throw_error(errc::bad_callback, detail::quoted_url(url) + ": " + why);
}

}  // namespace

void check_callback_url(std::string_view url) {
    if (url.size() > longest_url) refuse_url(url, "longer than 2048 characters");
    if (std::ranges::any_of(url, [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; }))
        refuse_url(url, "it has a blank or a control character");
    const auto scheme = scheme_size(url);
    if (scheme == 0) refuse_url(url, "it begins neither with http:// nor with https://");
    const auto host = host_of(authority_of(url, scheme));
    if (host.empty() || host.starts_with(':')) refuse_url(url, "it has no host");
}

std::string printable_url(std::string_view url) {
    const auto scheme = scheme_size(url);
    const auto authority = authority_of(url, scheme);
    auto path = url.substr(scheme + authority.size());
    path = path.substr(0, path.find_first_of("?#"));
    std::string shown(url.substr(0, scheme));
    shown.append(host_of(authority)).append(path);
    std::ranges::replace_if(shown, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
    return shown;
}

}  // namespace mote::functions
