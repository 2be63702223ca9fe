#include <mote/http/error.hpp>

#include <string>

namespace mote::http {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.http"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::timeout: return "timeout";
            case errc::connect_failed: return "cannot connect";
            case errc::resolve_failed: return "cannot resolve the host name";
            case errc::tls_failed: return "TLS failed";
            case errc::proxy_failed: return "proxy failed";
            case errc::connection_lost: return "connection lost";
            case errc::bad_response: return "invalid response";
            case errc::bad_redirect: return "redirect not followed";
            case errc::too_large: return "response too large";
            case errc::bad_url: return "invalid URL";
            case errc::bad_request: return "invalid request";
            case errc::waiting_line_full: return "too many requests wait";
            case errc::closed: return "closed";
            case errc::transfer_failed: return "transfer failed";
            case errc::address_refused: return "the address is not allowed";
            case errc::no_libcurl: return "cannot load libcurl";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& http_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), http_category()}; }

void throw_error(errc code, std::string_view detail) { throw boost::system::system_error(code, std::string(detail)); }

}  // namespace mote::http
