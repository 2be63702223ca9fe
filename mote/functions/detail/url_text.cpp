#include <mote/functions/detail/url_text.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/http/message.hpp>

namespace mote::functions::detail {

std::size_t scheme_size(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (http::same_name(url.substr(0, scheme.size()), scheme)) return scheme.size();
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

std::string quoted_url(std::string_view url) {
    const auto scheme = url.substr(0, scheme_size(url));
    auto rest = url.substr(scheme.size());
    rest.remove_prefix(rest.rfind('@') + 1);  // npos + 1 is none; a password may have any character
    rest = rest.substr(0, rest.find_first_of("?#"));
    return detail::quoted(std::string(scheme).append(rest));
}

}  // namespace mote::functions::detail
