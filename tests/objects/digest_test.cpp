#include <mote/objects/detail/sha256.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::objects::detail {
namespace {

std::string digest_of(std::string_view bytes) {
    sha256 digest;
    digest.add(bytes);
    return digest.finish();
}

TEST(digest, is_written_as_the_official_clients_do) {
    EXPECT_EQ(digest_text(digest_of("")), "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
    EXPECT_EQ(digest_text(digest_of("abc")), "SHA-256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=");
}

TEST(digest, does_not_depend_on_the_pieces) {
    sha256 digest;
    for (const auto* piece : {"", "a", "", "bc"}) digest.add(piece);
    EXPECT_EQ(digest.finish(), digest_of("abc"));
}

TEST(digest, matches_its_text_with_and_without_padding) {
    EXPECT_TRUE(digest_matches("SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", digest_of("")));
    EXPECT_TRUE(digest_matches("SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", digest_of("")));
}

TEST(digest, matches_no_other_text) {
    for (const auto* text : {"", "SHA-256=", "SHA-256", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
                             "MD5=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
                             "SHA-256=57DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", "SHA-256=47DE"})
        EXPECT_FALSE(digest_matches(text, digest_of(""))) << text;
}

}  // namespace
}  // namespace mote::objects::detail
