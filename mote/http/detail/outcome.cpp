#include <mote/http/detail/outcome.hpp>

#include <mote/http/detail/curl_api.hpp>

namespace mote::http::detail {
namespace {

long number(CURL* easy, CURLINFO what) noexcept {
    long value = 0;
    curl().easy_getinfo(easy, what, &value);
    return value;
}

}  // namespace

errc classify(CURL* easy, CURLcode result) noexcept {
    // Without an answer to CONNECT it is 0; a proxy that says no makes libcurl report a receive error.
    const long connect_status = number(easy, CURLINFO_HTTP_CONNECTCODE);
    if (connect_status != 0 && connect_status / 100 != 2) return errc::proxy_failed;

    switch (result) {
        case CURLE_OPERATION_TIMEDOUT: return errc::timeout;
        case CURLE_COULDNT_CONNECT:
        case CURLE_NO_CONNECTION_AVAILABLE: return errc::connect_failed;
        case CURLE_COULDNT_RESOLVE_HOST: return errc::resolve_failed;
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_PROXY: return errc::proxy_failed;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_CLIENTCERT:
        case CURLE_USE_SSL_FAILED: return errc::tls_failed;
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM: return errc::connection_lost;
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING: return errc::bad_response;
        case CURLE_TOO_MANY_REDIRECTS: return errc::bad_redirect;
        // The URL of the request was checked before, so a wrong scheme comes from a redirect or is HTTP/0.9.
        case CURLE_UNSUPPORTED_PROTOCOL:
            return number(easy, CURLINFO_REDIRECT_COUNT) > 0 ? errc::bad_redirect : errc::bad_response;
        case CURLE_URL_MALFORMAT: return number(easy, CURLINFO_REDIRECT_COUNT) > 0 ? errc::bad_redirect : errc::bad_url;
        default: return errc::transfer_failed;
    }
}

}  // namespace mote::http::detail
