#include <mote/kv/key_codec.hpp>

#include <mote/kv/detail/layout.hpp>
#include <mote/kv/error.hpp>

#include <gtest/gtest.h>

namespace mote::kv::detail {
namespace {

struct pair {
    std::string key;
    std::string stored;
};

layout layout_with(std::shared_ptr<const key_codec> codec) {
    layout made;
    made.bucket = "b";
    made.read_prefix = "$KV.b.";
    made.write_prefix = "$JS.hub.API.$KV.b.";
    made.codec = std::move(codec);
    return made;
}

void expect_pairs(const std::shared_ptr<const key_codec>& codec, const std::vector<pair>& pairs) {
    const auto where = layout_with(codec);
    for (const auto& [key, stored] : pairs) {
        EXPECT_EQ(codec->encode(key), stored) << key;
        EXPECT_EQ(codec->decode(stored), key) << stored;
        EXPECT_EQ(read_subject(where, key), "$KV.b." + stored);
        EXPECT_EQ(write_subject(where, key), "$JS.hub.API.$KV.b." + stored);
        EXPECT_EQ(key_of(where, "$KV.b." + stored), key);
    }
}

void expect_refused(const std::shared_ptr<const key_codec>& codec, const std::vector<std::string>& keys) {
    for (const auto& key : keys) {
        try {
            ADD_FAILURE() << key << " is " << read_subject(layout_with(codec), key);
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_key) << key;
        }
    }
}

std::string filter_of(const std::shared_ptr<const key_codec>& codec, const std::string& filter) {
    try {
        return filter_subjects(layout_with(codec), {filter}).front();
    } catch (const boost::system::system_error& refused) {
        EXPECT_EQ(refused.code(), errc::bad_key) << filter;
        return refused.what();
    }
}

// Encodings as orbit.go's kvcodec makes them: Go's RawURLEncoding.
TEST(key_codec, of_base64_tokens_keeps_the_dots) {
    expect_pairs(base64_token_codec(), {{"a", "YQ"},
                                        {"user.ann@example", "dXNlcg.YW5uQGV4YW1wbGU"},
                                        {"a b.*.>", "YSBi.Kg.Pg"},
                                        {"~~~.???", "fn5-.Pz8_"},
                                        {"ü", "w7w"},
                                        {std::string("\0\n", 2), "AAo"}});
    expect_refused(base64_token_codec(), {"", ".", "a.", ".a", "a..b"});
}

TEST(key_codec, of_base64_tokens_looks_for_wildcards) {
    const auto codec = base64_token_codec();
    EXPECT_EQ(filter_of(codec, ">"), "$KV.b.>");
    EXPECT_EQ(filter_of(codec, "user.*"), "$KV.b.dXNlcg.*");
    EXPECT_EQ(filter_of(codec, "user.>"), "$KV.b.dXNlcg.>");
    EXPECT_EQ(filter_of(codec, "*.a b"), "$KV.b.*.YSBi");
    EXPECT_EQ(filter_of(codec, ">.a"), "$KV.b.Pg.YQ");
    EXPECT_EQ(filter_of(codec, "a*"), "$KV.b.YSo");
}

TEST(key_codec, of_base64_tokens_knows_only_what_it_stores) {
    const auto codec = base64_token_codec();
    for (const auto* const other : {"Y", "YR", "YQ==", "a/b", "a.b", "Li4", "YQ..YQ"})
        EXPECT_FALSE(codec->decode(other)) << other;
}

TEST(key_codec, of_base64_keys_takes_any_bytes) {
    expect_pairs(base64_key_codec(), {{".", "Lg"},
                                      {"a.b", "YS5i"},
                                      {"..a b..", "Li5hIGIuLg"},
                                      {"https://x.y/?a=*", "aHR0cHM6Ly94LnkvP2E9Kg"},
                                      {std::string("\xff\x00", 2), "_wA"}});
    expect_refused(base64_key_codec(), {""});
    EXPECT_FALSE(base64_key_codec()->decode("YQ.YQ"));
}

TEST(key_codec, of_base64_keys_knows_no_wildcards) {
    const auto codec = base64_key_codec();
    EXPECT_EQ(filter_of(codec, ">"), "$KV.b.>");
    EXPECT_EQ(filter_of(codec, "a.b"), "$KV.b.YS5i");
    EXPECT_EQ(filter_of(codec, "a*b"), "$KV.b.YSpi");
    for (const auto* const wild : {"a.*", "*", "a.>", "*.b"})
        EXPECT_NE(filter_of(codec, wild).find("knows no wildcards"), std::string::npos) << wild;
}

TEST(key_codec, of_paths_makes_tokens_of_their_parts) {
    expect_pairs(path_codec(), {{"/", "_root_"},
                                {"a", "a"},
                                {"a/b", "a.b"},
                                {"/a/b", "_root_.a.b"},
                                {"/_root_/a", "_root_._root_.a"},
                                {"_root_a/b", "_root_a.b"}});
    expect_refused(path_codec(), {"", "//", "a/", "/a/", "a//b", "a.b", "_root_", "_root_/a", "a b", "a/*"});
    for (const auto* const other : {"a/b", "_root_/a"}) EXPECT_FALSE(path_codec()->decode(other)) << other;
    EXPECT_EQ(filter_of(path_codec(), "/a/*/c"), "$KV.b._root_.a.*.c");
    EXPECT_EQ(filter_of(path_codec(), "/a/>"), "$KV.b._root_.a.>");
    EXPECT_EQ(filter_of(path_codec(), ">"), "$KV.b.>");
    EXPECT_NE(filter_of(path_codec(), "a.>").find("is no path"), std::string::npos);
}

}  // namespace
}  // namespace mote::kv::detail
