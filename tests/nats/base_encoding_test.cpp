#include <mote/nats/base64.hpp>
#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/detail/crc16.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::nats::detail {
namespace {

std::optional<std::string> text_of(const std::optional<wiped_text>& bytes) {
    return bytes ? std::optional<std::string>(bytes->view()) : std::nullopt;
}

std::string all_bytes() {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    return bytes;
}

TEST(base32, has_the_vectors_of_rfc_4648_without_padding) {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "MY"},
                                                           {"fo", "MZXQ"},
                                                           {"foo", "MZXW6"},
                                                           {"foob", "MZXW6YQ"},
                                                           {"fooba", "MZXW6YTB"},
                                                           {"foobar", "MZXW6YTBOI"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(encode_base32(bytes), text);
        EXPECT_EQ(text_of(decode_base32(text)), bytes) << text;
    }
}

TEST(base32, takes_only_what_it_writes) {
    for (const char* text : {"my", "MY======", "M", "MZX", "MZXW6Y", "M1", "M8", "M0", " MY", "MY\n", "MZ", "MZXR",
                             "M=", "MZXW6YTBO", "\xff\xff"})
        EXPECT_FALSE(decode_base32(text)) << text;
}

TEST(base32, keeps_all_bytes_of_all_lengths) {
    const auto bytes = all_bytes();
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        EXPECT_EQ(text_of(decode_base32(encode_base32(bytes.substr(0, size)))), bytes.substr(0, size));
}

TEST(base64url, has_no_padding_and_no_characters_of_addresses) {
    EXPECT_EQ(encode_base64url(""), "");
    EXPECT_EQ(encode_base64url("f"), "Zg");
    EXPECT_EQ(encode_base64url("fo"), "Zm8");
    EXPECT_EQ(encode_base64url("foo"), "Zm9v");
    EXPECT_EQ(encode_base64url("foobar"), "Zm9vYmFy");
    EXPECT_EQ(encode_base64url("\xfb\xff\xfe"), "-__-");
}

TEST(base64url, is_the_same_for_all_lengths_there_and_back) {
    std::string bytes;
    for (int length = 0; length < 300; ++length) {
        const auto text = encode_base64url(bytes);
        EXPECT_EQ(decode_base64url(text), bytes) << length;
        EXPECT_EQ(text.size(), (bytes.size() * 8 + 5) / 6);
        bytes += static_cast<char>(length * 7);
    }
}

TEST(base64url, is_known_from_other_text) {
    for (const char* text : {"", "Zg", "Zm8", "-__-", "eyJ0eXAiOiJKV1QifQ"}) EXPECT_TRUE(is_base64url(text)) << text;
    for (const char* text : {"Z", "Zg==", "Zm+v", "Zm/v", "Z g", "Zm9v\n", "Zm9vY"})
        EXPECT_FALSE(is_base64url(text)) << text;
}

TEST(wrapped_base64, has_the_vectors_of_rfc_4648) {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"},
                                                           {"\xfb\xff\xfe", "+//+"},
                                                           {"foobar", "Zm9v\r\nYmFy\n"}};
    for (const auto& [bytes, text] : vectors) EXPECT_EQ(text_of(decode_wrapped_base64(text)), bytes) << text;
}

TEST(wrapped_base64, refuses_what_it_is_not) {
    for (const char* text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v====", "Zm=v", "-__-", "Zh==", "Zm9=", "Zm 9v"})
        EXPECT_FALSE(decode_wrapped_base64(text)) << text;
}

TEST(base64, is_what_it_was_before) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(encode_base64("admin:secret"), "YWRtaW46c2VjcmV0");
    EXPECT_EQ(encode_base64(std::string_view("\0\xff\xfe", 3)), "AP/+");
}

TEST(base64, is_strict) {
    for (const std::string_view wrong : {"YQ", "YQ=", "YR==", "YWJ=", "YQ==YQ==", " YQ=", "YQ==\n", "a!k=", "_-8=",
                                         "\nYWI=", "YW I=", "YW-_", "====", "=YQ=", "Y===", "YWJj\n\n\n\n", "    "})
        EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
    EXPECT_EQ(decode_base64(""), "");
}

TEST(crc16, is_that_of_xmodem) {
    EXPECT_EQ(crc16(""), 0);
    EXPECT_EQ(crc16("123456789"), 0x31c3);
    EXPECT_EQ(crc16("A"), 0x58e5);
}

TEST(wiped_text, moves_and_shortens) {
    wiped_text first(std::string_view("secret"));
    wiped_text second(std::move(first));
    EXPECT_EQ(second.view(), "secret");
    second.shorten(2);
    EXPECT_EQ(second.view(), "se");
    second.shorten(10);
    EXPECT_EQ(second.view(), "se");
    second = wiped_text(std::string_view("other"));
    EXPECT_EQ(second.view(), "other");
    EXPECT_EQ(wiped_text().view(), "");
    std::string text = "gone";
    wipe(text);
    EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace mote::nats::detail
