#include <mote/node/error.hpp>

#include <string>

namespace mote::node {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.node"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::upstream_refused: return "the function's process does not listen";
            case errc::upstream_timeout: return "the function's process did not answer in time";
            case errc::upstream_lost: return "the function's process closed the connection";
            case errc::bad_answer: return "invalid answer of the function's process";
            case errc::bad_request: return "a request that cannot be passed on";
            case errc::headers_too_large: return "headers too large";
            case errc::closed: return "closed";
            case errc::upstream_busy: return "too many requests wait for the function's process";
            case errc::not_supported: return "not yet supported";
            case errc::process_ended: return "the function's process has ended";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& node_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), node_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

int http_status(const boost::system::error_code& code) noexcept {
    if (code.category() != node_category()) return 500;
    switch (static_cast<errc>(code.value())) {
        case errc::upstream_refused:
        case errc::upstream_lost:
        case errc::bad_answer: return 502;
        case errc::upstream_timeout: return 504;
        case errc::bad_request: return 400;
        case errc::headers_too_large: return 431;
        case errc::closed:
        case errc::process_ended: return 503;
        case errc::upstream_busy: return 429;
        case errc::not_supported: return 501;
    }
    return 500;
}

}  // namespace mote::node
