#include <mote/nats/protocol/blank_scanner.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::protocol {
namespace {

using places = std::vector<std::size_t>;

places found_by_scanner(std::string_view text, std::size_t skip) {
    const char* const end = text.data() + text.size();
    blank_scanner scanner(text.data(), end, skip);
    places found;
    for (const char* at = scanner.next(); at != &blank_scanner::none; at = scanner.next())
        found.push_back(static_cast<std::size_t>(at - text.data()));
    return found;
}

places found_one_by_one(std::string_view text, std::size_t skip) {
    places found;
    for (std::size_t i = skip; i < text.size(); ++i)
        if (static_cast<unsigned char>(text[i]) <= ' ') found.push_back(i);
    return found;
}

TEST(blank_scanner, finds_a_blank_at_every_place_of_texts_of_every_length) {
    for (std::size_t length = 4; length < 140; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            std::string text(length, 'x');
            text[place] = ' ';
            EXPECT_EQ(found_by_scanner(text, 4), found_one_by_one(text, 4)) << length << " " << place;
        }
    }
}

TEST(blank_scanner, takes_control_characters_for_blanks_and_high_bytes_not) {
    for (int c = 0; c < 256; ++c) {
        std::string text(80, 'x');
        text[10] = text[70] = static_cast<char>(c);
        EXPECT_EQ(found_by_scanner(text, 4).size(), c <= ' ' ? 2U : 0U) << c;
    }
}

TEST(blank_scanner, finds_all_of_many) {
    const std::string text(200, ' ');
    EXPECT_EQ(found_by_scanner(text, 4).size(), 196U);
}

TEST(blank_scanner, says_again_and_again_that_there_is_none) {
    const std::string_view text = "MSG x";
    blank_scanner scanner(text.data(), text.data() + text.size(), 4);
    EXPECT_EQ(scanner.next(), &blank_scanner::none);
    EXPECT_EQ(scanner.next(), &blank_scanner::none);
}

}  // namespace
}  // namespace mote::nats::protocol
