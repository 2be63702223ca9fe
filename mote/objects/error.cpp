#include <mote/objects/error.hpp>

#include <string>

namespace mote::objects {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.objects"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::bad_store: return "invalid object store name";
            case errc::bad_name: return "invalid object name";
            case errc::bad_config: return "invalid object configuration";
            case errc::store_not_found: return "object store not found";
            case errc::store_exists: return "object store exists with another configuration";
            case errc::object_not_found: return "object not found";
            case errc::corrupt: return "corrupt object";
            case errc::is_link: return "object is a link";
            case errc::is_store_link: return "object is a link to a store";
            case errc::bad_info: return "invalid object information";
            case errc::object_changed: return "object changed meanwhile";
            case errc::object_deleted: return "object is deleted";
            case errc::object_exists: return "an object of that name exists";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& objects_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), objects_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

}  // namespace mote::objects
