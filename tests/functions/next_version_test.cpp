// What is kept of the version that an update takes the place of.

#include <mote/functions/next_version.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

constexpr std::size_t roomy = 1024 * 1024;

deployment with_size(const std::string& image, std::size_t size) {
    deployment wanted;
    wanted.service = "f";
    wanted.image = image;
    wanted.variables = text_map{{"text", std::string(size, 'x')}};
    return wanted;
}

description first_version() {
    description what;
    what.wanted = with_size("a/first", 0);
    what.digest = "sha256:1";
    what.replicas = 3;
    what.paused = true;
    return what;
}

TEST(next_version, keeps_the_one_before_it) {
    auto what = first_version();
    make_next_version(what, with_size("a/second", 0), "sha256:2", roomy);
    EXPECT_EQ(what.generation, 2U);
    EXPECT_EQ(what.wanted.image, "a/second");
    EXPECT_EQ(what.digest, "sha256:2");
    EXPECT_EQ(what.replicas, 3U);
    EXPECT_TRUE(what.paused);
    ASSERT_TRUE(what.previous);
    const auto before = version_before(what);
    EXPECT_EQ(before.generation, 1U);
    EXPECT_EQ(before.wanted.image, "a/first");
    EXPECT_EQ(before.digest, "sha256:1");
    EXPECT_EQ(before.name(), what.name());
    EXPECT_FALSE(before.previous);
}

TEST(next_version, keeps_the_one_that_served_while_others_never_did) {
    auto what = first_version();
    make_next_version(what, with_size("a/second", 0), "sha256:2", roomy);
    make_next_version(what, with_size("a/third", 0), "sha256:3", roomy);
    EXPECT_EQ(what.generation, 3U);
    ASSERT_TRUE(what.previous);
    EXPECT_EQ(what.previous->wanted.image, "a/first");
    what.previous.reset();  // the third one has been ready
    make_next_version(what, with_size("a/fourth", 0), "sha256:4", roomy);
    ASSERT_TRUE(what.previous);
    EXPECT_EQ(what.previous->wanted.image, "a/third");
    EXPECT_EQ(what.previous->generation, 3U);
}

TEST(next_version, is_kept_alone_where_both_have_no_room) {
    constexpr std::size_t large = 400 * 1024;
    for (const std::size_t most : {roomy, std::size_t{512 * 1024}}) {
        auto what = first_version();
        what.wanted = with_size("a/first", large);
        make_next_version(what, with_size("a/second", large), "sha256:2", most);
        EXPECT_EQ(what.wanted.image, "a/second");
        EXPECT_EQ(what.previous.has_value(), most == roomy) << most;
        EXPECT_LE(write_description(what).size(), most);
    }
    auto what = first_version();
    what.wanted = with_size("a/first", large);
    make_next_version(what, with_size("a/second", roomy - large), "sha256:2", 8 * roomy);
    EXPECT_FALSE(what.previous) << "more than can be read again";
}

TEST(next_version, is_read_again_with_the_one_before_it) {
    auto what = first_version();
    const auto alone = write_description(what);
    EXPECT_EQ(alone.find("previous"), std::string::npos) << alone;
    make_next_version(what, with_size("a/second", 0), "sha256:2", roomy);
    const auto read = read_description(write_description(what));
    ASSERT_TRUE(read.previous);
    EXPECT_EQ(read.previous->wanted.image, "a/first");
    EXPECT_EQ(read.previous->digest, "sha256:1");
    EXPECT_EQ(write_description(read), write_description(what));
}

}  // namespace
}  // namespace mote::functions
