#include <mote/functions/error.hpp>

#include <mote/nats/plain_reason.hpp>

#include <string>

namespace mote::functions {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.functions"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::bad_name: return "invalid name";
            case errc::bad_description: return "invalid description of a function";
            case errc::bad_setting: return "invalid setting";
            case errc::function_not_found: return "function not found";
            case errc::function_exists: return "function exists";
            case errc::namespace_not_found: return "namespace not found";
            case errc::namespace_exists: return "namespace exists";
            case errc::wrong_revision: return "changed by somebody else meanwhile";
            case errc::secret_not_found: return "secret not found";
            case errc::secret_exists: return "secret exists";
            case errc::bad_seal: return "sealed for another key, or damaged";
            case errc::bad_key: return "not a sealing key";
            case errc::bad_bundle: return "invalid bundle";
            case errc::bundle_not_found: return "bundle not found";
            case errc::bad_log: return "not a line of a log";
            case errc::no_sealing_key: return "no node has published its sealing key";
            case errc::other_sealing_key: return "the secrets are sealed for another key";
            case errc::secret_too_large: return "secret too large";
            case errc::namespace_not_empty: return "namespace is not empty";
            case errc::bad_call: return "invalid asynchronous call";
            case errc::bad_callback: return "invalid callback address";
            case errc::call_too_large: return "call too large";
            case errc::queue_full: return "queue full";
            case errc::call_id_taken: return "call id taken";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& functions_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), functions_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

std::string detail_of(const boost::system::system_error& thrown) {
    std::string whole = thrown.what();
    const auto words = thrown.code().what();
    if (whole == words) return thrown.code().message();
    if (whole.ends_with(": " + words)) whole.resize(whole.size() - words.size() - 2);
    return nats::plain_reason(whole);  // it may quote another one
}

}  // namespace mote::functions
