#include <mote/functions/detail/url_text.hpp>

#include <algorithm>

namespace mote::functions::detail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower, lower);
}

}  // namespace

std::size_t scheme_size(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (begins_with(url, scheme)) return scheme.size();
    return 0;
}

std::string_view authority_of(std::string_view url, std::size_t scheme) {
    const auto rest = url.substr(scheme);
    return rest.substr(0, rest.find_first_of("/?#\\"));
}

std::string_view host_of(std::string_view authority) {
    const auto at = authority.rfind('@');
    return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

}  // namespace mote::functions::detail
