#include <mote/kv/error.hpp>

#include <string>

namespace mote::kv {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.kv"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::bad_bucket: return "invalid bucket name";
            case errc::bad_key: return "invalid key";
            case errc::bad_config: return "invalid bucket configuration";
            case errc::bucket_not_found: return "bucket not found";
            case errc::bucket_exists: return "bucket exists with another configuration";
            case errc::key_exists: return "key exists";
            case errc::wrong_revision: return "wrong revision";
            case errc::bad_entry: return "not an entry of a bucket";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& kv_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), kv_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

}  // namespace mote::kv
