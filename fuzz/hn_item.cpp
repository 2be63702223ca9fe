#include <fuzz/target.hpp>

#include <apps/hackernews/post.hpp>

#include <variant>

/// The input is the API's answer for item 1, and a time.
namespace mote::fuzz {

int hn_item(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    if (const auto answer = hackernews::parse_item(1, text)) {
        if (const auto* const kept = std::get_if<hackernews::post>(&*answer)) {
            require(kept->id == 1 && !kept->title.empty() && !kept->url.empty(), "a post that is not whole");
            require(hackernews::post_from_json(hackernews::to_json(*kept)) == *kept,
                    "a post is not read as it was written");
        } else {
            require(!hackernews::name_of(std::get<hackernews::skip_reason>(*answer)).empty(),
                    "a reason without a name");
        }
    }
    if (const auto read = hackernews::post_from_json(text))
        require(hackernews::post_from_json(hackernews::to_json(*read)) == *read, "a stored post is not read again");
    if (const auto time = hackernews::parse_utc(text)) require(hackernews::utc_text(*time) == text, "another time");
    return 0;
}

}  // namespace mote::fuzz
