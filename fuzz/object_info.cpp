#include <fuzz/target.hpp>

#include <mote/objects/detail/base64url.hpp>
#include <mote/objects/detail/info_json.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/error.hpp>

#include <string>
#include <string_view>

/// The input is the information of an object as it is stored, and a text in base64.
namespace mote::fuzz {
namespace {

namespace detail = objects::detail;

void check_info(std::string_view text) {
    objects::object_info info;
    try {
        info = detail::parse_info(text);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == objects::errc::bad_info, "refused for another reason");
        return;
    }
    require(!info.name.empty(), "an object without a name");
    require(info.nuid.empty() || detail::is_subject_token(info.nuid), "chunks of other objects");
    const auto stored = detail::to_json(info);
    const auto again = detail::parse_info(stored);
    require(again.name == info.name && again.description == info.description && again.headers == info.headers &&
                again.metadata == info.metadata && again.store == info.store && again.nuid == info.nuid &&
                again.size == info.size && again.chunks == info.chunks && again.chunk_size == info.chunk_size &&
                again.digest == info.digest && again.deleted == info.deleted && again.link == info.link,
            "another object is read than was stored");
    require(detail::to_json(again) == stored, "stored in another way");
}

void check_base64url(std::string_view text) {
    const auto encoded = detail::encode_base64url(text);
    require(detail::decode_base64url(encoded) == std::string(text), "bytes are not decoded as they were");
    if (!text.empty()) require(detail::is_subject_token(encoded), "a name that is no token of a subject");
    if (const auto bytes = detail::decode_base64url(text))
        require(bytes->size() <= text.size(), "more bytes than the text has");
}

}  // namespace

int object_info(const std::uint8_t* data, std::size_t size) {
    check_info(text_of(data, size));
    check_base64url(text_of(data, size));
    return 0;
}

}  // namespace mote::fuzz
