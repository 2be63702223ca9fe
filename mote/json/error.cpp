#include <mote/json/error.hpp>

#include <utility>

namespace mote::json {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.json"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::syntax: return "not JSON";
            case errc::bad_utf8: return "not UTF-8";
            case errc::too_deep: return "nested too deeply";
            case errc::too_large: return "too large";
            case errc::wrong_type: return "wrong type";
            case errc::out_of_range: return "out of range";
            case errc::missing_member: return "missing member";
            case errc::bad_value: return "invalid value";
            case errc::no_alternative: return "no alternative fits";
            case errc::too_complex: return "too many alternatives to try";
            case errc::not_a_number: return "not a finite number";
            case errc::bad_raw: return "raw text that is not JSON";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& json_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), json_category()}; }

path_error::path_error(errc code, std::string path, std::string_view text)
    : boost::system::system_error(make_error_code(code)) {
    std::string what = path.empty() ? std::string() : path + ": ";
    what += text;
    texts_ = std::make_shared<const texts>(texts{std::move(path), std::move(what)});
}

}  // namespace mote::json
