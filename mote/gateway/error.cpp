#include <mote/gateway/error.hpp>

#include <string>

namespace mote::gateway {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.gateway"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::no_credentials: return "no credentials";
            case errc::bad_credentials: return "invalid credentials file";
            case errc::cannot_read: return "cannot read";
            case errc::cannot_write: return "cannot write";
            case errc::bad_cors: return "invalid CORS option";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& gateway_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), gateway_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

}  // namespace mote::gateway
