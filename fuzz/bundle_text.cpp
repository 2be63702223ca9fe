#include <fuzz/target.hpp>

#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/image_name.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <string>

/// The first line is the name of an image, the rest a bundle's `function.env`.
namespace mote::fuzz {
namespace {

void check_image(std::string_view text) {
    functions::image_name image;
    try {
        image = functions::image_name::parse(text);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == functions::errc::bad_name, "an image refused for another reason");
        return;
    }
    require(functions::image_name::parse(image.text()) == image, "another image is read than was written");
    // A tag may have two points in a row, but no slash.
    require(image.path.find("..") == std::string::npos && image.registry.find("..") == std::string::npos &&
                image.tag.find('/') == std::string::npos,
            "a name that could be a path");
    for (const auto& name : functions::names_that_answer(image)) {
        require(functions::image_name::parse(name.text()) == name, "a name that cannot be pushed");
        require(name.path == image.path && !name.digest, "a bundle of another path answers");
    }
}

void check_settings(std::string_view text) {
    functions::bundle_settings settings;
    try {
        settings = functions::parse_settings(text);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == functions::errc::bad_bundle, "settings refused for another reason");
        return;
    }
    std::string again;
    for (const auto& [key, value] : settings) again.append(key).append("=").append(value).append("\n");
    require(functions::parse_settings(again) == settings, "other settings are read than were written");
}

}  // namespace

int bundle_text(const std::uint8_t* data, std::size_t size) {
    auto rest = text_of(data, size);
    check_image(take_line(rest));
    check_settings(rest);
    return 0;
}

}  // namespace mote::fuzz
