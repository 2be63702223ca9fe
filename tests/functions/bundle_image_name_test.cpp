#include <mote/functions/built_in.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/image_name.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace mote::functions {
namespace {

const std::string hex(64, 'a');

void expect_no_image(const std::string& text) {
    try {
        image_name::parse(text);
        ADD_FAILURE() << '"' << text << "\" was taken";
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::bad_name) << text;
        EXPECT_NE(std::string(error.what()).find('"'), std::string::npos) << error.what();
    }
}

std::vector<std::string> answering(std::string_view asked) {
    std::vector<std::string> names;
    for (const auto& name : names_that_answer(image_name::parse(asked))) names.push_back(name.text());
    return names;
}

using names = std::vector<std::string>;

TEST(image_name, has_a_registry_a_path_a_tag_and_a_digest) {
    const auto found = image_name::parse("r.example:5000/team/app:1.2@sha256:" + hex);
    EXPECT_EQ(found.registry, "r.example:5000");
    EXPECT_EQ(found.path, "team/app");
    EXPECT_EQ(found.tag, "1.2");
    ASSERT_TRUE(found.digest);
    EXPECT_EQ(found.digest->hex, hex);
    EXPECT_EQ(found.text(), "r.example:5000/team/app:1.2@sha256:" + hex);
}

TEST(image_name, has_a_registry_only_where_the_first_part_looks_like_a_host) {
    EXPECT_EQ(image_name::parse("app").registry, "");
    EXPECT_EQ(image_name::parse("team/app").registry, "");
    EXPECT_EQ(image_name::parse("app:1").registry, "");
    EXPECT_EQ(image_name::parse("localhost/app").registry, "localhost");
    EXPECT_EQ(image_name::parse("localhost:1/app").registry, "localhost:1");
    EXPECT_EQ(image_name::parse("r.example/app").registry, "r.example");
    EXPECT_EQ(image_name::parse("R.Example/app").registry, "r.example");
    EXPECT_EQ(image_name::parse("127.0.0.1:5000/a/b/c").path, "a/b/c");
}

TEST(image_name, takes_all_separators_of_paths) {
    for (const char* text : {"a.b", "a_b", "a__b", "a-b", "a---b", "a_b/c.d/e-f", "0"})
        EXPECT_EQ(image_name::parse(text).path, text);
}

TEST(image_name, is_refused_when_anything_of_it_is_not_as_it_should_be) {
    for (const std::string text : {"",
                                   "/",
                                   "a/",
                                   "/a",
                                   "a//b",
                                   "../a",
                                   "a/..",
                                   "a/../b",
                                   ".a",
                                   "a.",
                                   "a..b",
                                   "a___b",
                                   "a._b",
                                   "-a",
                                   "a-",
                                   "A",
                                   "a b",
                                   "a\n",
                                   "\xc3\xa4",
                                   "a:",
                                   ":1",
                                   "a:1:2",
                                   "a:-1",
                                   "a:.1",
                                   "a:a b",
                                   "a@",
                                   "a@1",
                                   "a@sha256:1",
                                   "a@sha512:1",
                                   "@sha256:1",
                                   "r.example:0/a",
                                   "r.example:99999/a",
                                   "r.example:/a",
                                   "r.example:a/a",
                                   ".r/a",
                                   "r./a",
                                   "r..e/a",
                                   "-r.e/a",
                                   "r.example/",
                                   "https://r.example/a",
                                   "[::1]:5000/a",
                                   "a*",
                                   "a?b",
                                   "a%2fb",
                                   "$HOME",
                                   "a\\b"})
        expect_no_image(text);
    expect_no_image(std::string("a\0b", 3));
    expect_no_image("a@" + hex);
    expect_no_image("a@sha256:" + std::string(64, 'A'));
    expect_no_image("a@sha256:" + hex + "0");
    expect_no_image("a@sha256:" + hex + "@sha256:" + hex);
}

TEST(image_name, is_bounded) {
    EXPECT_NO_THROW(image_name::parse(std::string(255, 'a')));
    expect_no_image(std::string(256, 'a'));
    EXPECT_NO_THROW(image_name::parse("r.example/" + std::string(245, 'a')));
    expect_no_image("r.example/" + std::string(246, 'a'));
    EXPECT_NO_THROW(image_name::parse("a:" + std::string(128, 'a')));
    expect_no_image("a:" + std::string(129, 'a'));
    expect_no_image(std::string(1'000'000, 'a'));
}

TEST(image_name, is_answered_by_names_that_leave_parts_open_after_the_exact_one) {
    EXPECT_EQ(answering("r.example/a/b:1"), (names{"r.example/a/b:1", "a/b:1", "r.example/a/b", "a/b"}));
    EXPECT_EQ(answering("a/b:1"), (names{"a/b:1", "a/b"}));
    EXPECT_EQ(answering("a/b"), (names{"a/b", "a/b:latest"}));
    EXPECT_EQ(answering("a/b:latest"), (names{"a/b:latest", "a/b"}));
    EXPECT_EQ(answering("r.example/a"), (names{"r.example/a", "a", "r.example/a:latest", "a:latest"}));
}

TEST(image_name, says_more_where_the_asked_one_leaves_parts_open) {
    const auto says_more = [](const char* pushed, const char* asked) {
        return says_more_than(image_name::parse(pushed), image_name::parse(asked));
    };
    EXPECT_TRUE(says_more("r.example/a/b:1", "a/b"));
    EXPECT_TRUE(says_more("r.example/a/b:1", "a/b:1"));
    EXPECT_TRUE(says_more("r.example/a/b:1", "r.example/a/b"));
    EXPECT_TRUE(says_more("a/b:1", "a/b"));
    EXPECT_FALSE(says_more("a/b:1", "a/b:2"));
    EXPECT_FALSE(says_more("a/b:1", "a/b:latest"));
    EXPECT_FALSE(says_more("r.example/a/b", "s.example/a/b"));
    EXPECT_FALSE(says_more("a/b:1", "r.example/a/b"));
    EXPECT_FALSE(says_more("r.example/b", "a/b"));
}

TEST(bundle_digest, is_sha256_in_lower_case_with_or_without_its_prefix) {
    EXPECT_EQ(bundle_digest::parse("sha256:" + hex), bundle_digest::parse(hex));
    EXPECT_EQ(bundle_digest::parse(hex).text(), "sha256:" + hex);
    for (const auto& text : {std::string(), std::string("sha256:"), hex + "a", hex.substr(1), "sha1:" + hex.substr(5),
                             std::string(64, 'g'), std::string(64, 'A'), "../" + hex.substr(3)})
        EXPECT_THROW(bundle_digest::parse(text), boost::system::system_error) << text;
}

TEST(built_in, is_found_with_any_registry_and_tag) {
    for (const char* text : {"functions/alpine", "functions/alpine:latest", "r.example:5000/functions/alpine:3"}) {
        const auto found = built_in(image_name::parse(text));
        ASSERT_TRUE(found) << text;
        EXPECT_EQ(found->kind, built_in_kind::machine_commands);
    }
    const auto echo = built_in(image_name::parse("functions/http-echo"));
    ASSERT_TRUE(echo);
    EXPECT_EQ(echo->kind, built_in_kind::http_echo);
    EXPECT_EQ(echo->settings.at("mode"), "http");
}

TEST(built_in, is_nothing_else) {
    for (const auto& text : {std::string("alpine"), std::string("functions/alpine2"), std::string("a/functions/alpine"),
                             std::string("functions/alpine/a"), "functions/alpine@sha256:" + hex})
        EXPECT_FALSE(built_in(image_name::parse(text))) << text;
}

}  // namespace
}  // namespace mote::functions
