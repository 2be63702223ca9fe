#include <mote/objects/detail/info_json.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::objects::detail {
namespace {

std::string error_of(std::string_view text) {
    try {
        parse_info(text);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::bad_info) << text;
        return error.what();
    }
    return {};
}

object_info posts() {
    object_info info;
    info.name = "hn_posts_2026-11-24";
    info.chunk_size = 131072;
    info.store = "hacker_news";
    info.nuid = "ZTaMXYh5otqQUvuSYOSVSB";
    info.size = 513;
    info.chunks = 1;
    info.digest = "SHA-256=8vb-UcJfVxzZvfLzKR5lqcUzsUOtMO32foR9hU_vawM=";
    return info;
}

// As recorded from nats.go 1.42 (demo-wire/08-top.txt).
constexpr std::string_view recorded =
    R"({"name":"hn_posts_2026-11-24","options":{"max_chunk_size":131072},"bucket":"hacker_news",)"
    R"("nuid":"ZTaMXYh5otqQUvuSYOSVSB","size":513,"mtime":"0001-01-01T00:00:00Z","chunks":1,)"
    R"("digest":"SHA-256=8vb-UcJfVxzZvfLzKR5lqcUzsUOtMO32foR9hU_vawM="})";

TEST(info_json, is_byte_for_byte_that_of_the_official_client) { EXPECT_EQ(to_json(posts()), recorded); }

TEST(info_json, is_read_back) {
    const auto info = parse_info(recorded);
    EXPECT_EQ(info.name, "hn_posts_2026-11-24");
    EXPECT_EQ(info.store, "hacker_news");
    EXPECT_EQ(info.nuid, "ZTaMXYh5otqQUvuSYOSVSB");
    EXPECT_EQ(info.size, 513U);
    EXPECT_EQ(info.chunks, 1U);
    EXPECT_EQ(info.chunk_size, 131072U);
    EXPECT_EQ(info.digest, "SHA-256=8vb-UcJfVxzZvfLzKR5lqcUzsUOtMO32foR9hU_vawM=");
    EXPECT_FALSE(info.deleted);
    EXPECT_FALSE(info.link);
}

TEST(info_json, has_all_that_may_be_said_of_an_object) {
    auto info = posts();
    info.description = "the day's list";
    info.headers["Content-Type"] = {"application/json"};
    info.headers["X"] = {"1", "2"};
    info.metadata["by"] = "mote";
    const auto text = to_json(info);
    EXPECT_NE(
        text.find(R"("description":"the day's list","headers":{"Content-Type":["application/json"],"X":["1","2"]},)"
                  R"("metadata":{"by":"mote"},"options")"),
        std::string::npos)
        << text;
    const auto back = parse_info(text);
    EXPECT_EQ(back.description, info.description);
    EXPECT_EQ(back.headers, info.headers);
    EXPECT_EQ(back.metadata, info.metadata);
}

TEST(info_json, of_a_deleted_object_has_no_digest) {
    auto info = posts();
    info.deleted = true;
    info.size = info.chunks = 0;
    info.digest.clear();
    const auto text = to_json(info);
    EXPECT_NE(text.find(R"("size":0,"mtime":"0001-01-01T00:00:00Z","chunks":0,"deleted":true})"), std::string::npos)
        << text;
    EXPECT_TRUE(parse_info(text).deleted);
}

TEST(info_json, skips_unknown_fields_and_takes_null_and_missing_ones_as_empty) {
    const auto info =
        parse_info(R"({"name":"a","nuid":"n","description":null,"headers":null,"metadata":null,"options":null,)"
                   R"("later":{"x":[1,2]},"mtime":12,"digest":null,"deleted":null,"size":null})");
    EXPECT_EQ(info.name, "a");
    EXPECT_EQ(info.description, "");
    EXPECT_EQ(info.size, 0U);
    EXPECT_EQ(info.digest, "");
    EXPECT_TRUE(info.headers.empty());
}

TEST(info_json, knows_links) {
    const auto object = parse_info(R"({"name":"a","nuid":"n","options":{"link":{"bucket":"b","name":"c"}}})").link;
    EXPECT_TRUE(object && object->store == "b" && object->name == "c");
    const auto whole = parse_info(R"({"name":"a","nuid":"","options":{"link":{"bucket":"b"}}})").link;
    EXPECT_TRUE(whole && whole->store == "b" && whole->name.empty());
    EXPECT_FALSE(parse_info(R"({"name":"a","nuid":"n","options":{"link":null}})").link);
}

// As nats.go marshals its ObjectInfo: the link before the size of chunks, which a link does not have.
TEST(info_json, of_a_link_is_that_of_the_official_client) {
    object_info info;
    info.name = "link";
    info.store = "photos";
    info.nuid = "n";
    info.link.emplace();
    info.link->store = "others";
    EXPECT_EQ(to_json(info), R"({"name":"link","options":{"link":{"bucket":"others"}},"bucket":"photos",)"
                             R"("nuid":"n","size":0,"mtime":"0001-01-01T00:00:00Z","chunks":0})");
    info.link->name = "x";
    EXPECT_EQ(to_json(info), R"({"name":"link","options":{"link":{"bucket":"others","name":"x"}},"bucket":"photos",)"
                             R"("nuid":"n","size":0,"mtime":"0001-01-01T00:00:00Z","chunks":0})");
    info.chunk_size = 7;
    EXPECT_TRUE(parse_info(to_json(info)).link == info.link);
}

TEST(info_json, keeps_large_sizes) {
    EXPECT_EQ(parse_info(R"({"name":"a","nuid":"n","size":18446744073709551615,"chunks":9223372036854775808})").size,
              18446744073709551615ULL);
}

TEST(info_json, names_the_field_that_is_wrong) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"name":5})", "name: not a string"},
        {R"({"name":"a","description":[]})", "description: not a string"},
        {R"({"name":"a","headers":[]})", "headers: not an object"},
        {R"({"name":"a","headers":{"X":"1"}})", "headers.X: not a list of strings"},
        {R"({"name":"a","headers":{"X":[1]}})", "headers.X: not a string"},
        {R"({"name":"a","metadata":{"k":1}})", "metadata.k: not a string"},
        {R"({"name":"a","options":1})", "options: not an object"},
        {R"({"name":"a","options":{"max_chunk_size":"x"}})", "options.max_chunk_size: not a whole number"},
        {R"({"name":"a","options":{"link":"x"}})", "options.link: not an object"},
        {R"({"name":"a","options":{"link":{"bucket":1}}})", "options.link.bucket: not a string"},
        {R"({"name":"a","options":{"link":{"bucket":"b","name":[]}}})", "options.link.name: not a string"},
        {R"({"name":"a","size":-1})", "size: not a whole number"},
        {R"({"name":"a","size":1.5})", "size: not a whole number"},
        {R"({"name":"a","size":true})", "size: not a whole number"},
        {R"({"name":"a","chunks":"1"})", "chunks: not a whole number"},
        {R"({"name":"a","digest":1})", "digest: not a string"},
        {R"({"name":"a","deleted":"yes"})", "deleted: not a boolean"},
        {R"({"name":"a","nuid":">"})", "nuid: not one token"},
        {R"({"name":"a","nuid":"x.y"})", "nuid: not one token"},
        {R"({"name":"a","size":1})", "nuid: not there"},
        {R"({"nuid":"n"})", "name: not there"},
        {R"([])", "not a JSON object"},
        {R"({"name":"a")", "not JSON"},
        {"", "not JSON"},
        {"{\"name\":\"\xff\"}", "not JSON"},
    };
    for (const auto& [text, error] : cases)
        EXPECT_NE(error_of(text).find(error), std::string::npos) << text << " -> " << error_of(text);
}

TEST(info_json, survives_every_truncation_of_a_real_one) {
    for (std::size_t length = 0; length < recorded.size(); ++length)
        EXPECT_NE(error_of(recorded.substr(0, length)), "") << length;
}

}  // namespace
}  // namespace mote::objects::detail
