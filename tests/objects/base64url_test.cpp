#include <mote/objects/detail/base64url.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mote::objects::detail {
namespace {

TEST(base64url, has_the_vectors_of_rfc_4648) {
    const std::vector<std::pair<std::string, std::string>> vectors{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(encode_base64url(bytes), text);
        EXPECT_EQ(decode_base64url(text), bytes);
    }
}

TEST(base64url, uses_the_alphabet_for_urls) {
    EXPECT_EQ(encode_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(decode_base64url("-__-"), "\xfb\xff\xfe");
    EXPECT_EQ(decode_base64url("+//+"), std::nullopt);
}

TEST(base64url, is_what_the_official_client_made_of_a_name) {
    EXPECT_EQ(encode_base64url("hn_posts_2026-11-24"), "aG5fcG9zdHNfMjAyNi0xMS0yNA==");
}

TEST(base64url, gives_back_every_byte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (std::size_t length = 0; length <= bytes.size(); ++length)
        EXPECT_EQ(decode_base64url(encode_base64url(bytes.substr(0, length))), bytes.substr(0, length));
}

TEST(base64url, reads_text_without_padding) {
    EXPECT_EQ(decode_base64url("Zg"), "f");
    EXPECT_EQ(decode_base64url("Zm8"), "fo");
}

TEST(base64url, refuses_what_is_not_base64) {
    for (const auto* text : {"Z", "Zg=", "Zg===", "=", "====", "Zm9v=", "Z g=", "Zg==Zg==", "Zh==", "Zm9", "Zm\n8="})
        EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace mote::objects::detail
