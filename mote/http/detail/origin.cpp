#include <mote/http/detail/origin.hpp>

#include <mote/http/detail/curl_api.hpp>
#include <mote/http/error.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace mote::http::detail {
namespace {

struct url_deleter {
    void operator()(CURLU* url) const noexcept { curl().url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (curl().url_get(url, which, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(curl_api::free)> owned(text, curl().free);
    return text;
}

}  // namespace

origin parse_origin(const std::string& url) {
    // No text here quotes the URL: what cannot be parsed may have a password anywhere.
    if (url.empty()) throw_error(errc::bad_url, "empty");
    const auto unprintable = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; };
    if (std::any_of(url.begin(), url.end(), unprintable))
        throw_error(errc::bad_url, "has blanks or control characters");

    const std::unique_ptr<CURLU, url_deleter> parsed(curl().url());
    if (!parsed) throw_error(errc::transfer_failed, "curl_url");
    const CURLUcode result = curl().url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
    if (result != CURLUE_OK) throw_error(errc::bad_url, curl().url_strerror(result));

    const auto scheme = part(parsed.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") throw_error(errc::bad_url, "scheme " + scheme + ": only http and https");
    auto authority = part(parsed.get(), CURLUPART_HOST);
    if (authority.empty()) throw_error(errc::bad_url, "no host");
    const bool bracketed = authority.starts_with('[') && authority.ends_with(']');
    auto host = bracketed ? authority.substr(1, authority.size() - 2) : authority;
    if (const auto port = part(parsed.get(), CURLUPART_PORT); !port.empty()) authority += ':' + port;
    return {std::move(authority), std::move(host), scheme == "https"};
}

}  // namespace mote::http::detail
