#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/error.hpp>
#include <tests/functions/bundle_tar.hpp>

#include <filesystem>
#include <gtest/gtest.h>

namespace mote::functions {
namespace {

void expect_refused(const std::string& text, const std::string& part) {
    const auto error = test::thrown_by([&] { parse_settings(text); });
    EXPECT_EQ(error.code(), errc::bad_bundle) << text;
    EXPECT_TRUE(test::says(error, part)) << error.what();
}

TEST(bundle_settings, are_lines_of_key_and_value) {
    const auto settings = parse_settings(
        "# what it runs\nfprocess=python3 index.py --x=1\n\n  mode = http \r\nempty=\nText=\xc3\xa4 # b\n"
        "upstream_url=http://127.0.0.1:5000\n_a1=\"q\"");
    EXPECT_EQ(settings, (bundle_settings{{"fprocess", "python3 index.py --x=1"},
                                         {"mode", "http"},
                                         {"empty", ""},
                                         {"Text", "\xc3\xa4 # b"},
                                         {"upstream_url", "http://127.0.0.1:5000"},
                                         {"_a1", "\"q\""}}));
    EXPECT_TRUE(parse_settings("").empty());
    EXPECT_TRUE(parse_settings("\n# only this").empty());
}

TEST(bundle_settings, are_refused_with_the_line_and_why) {
    expect_refused("a=1\nfprocess", "function.env line 2: no =");
    expect_refused("=1", "line 1");
    expect_refused("1a=1", "\"1a\" is no key");
    expect_refused("a b=1", "is no key");
    expect_refused("export a=1", "is no key");
    expect_refused("a-b=1", "is no key");
    expect_refused("a=1\n\n#\na=2", "line 4: \"a\" again");
    expect_refused("a=\x01", "line 1: a control character");
    expect_refused(std::string("a=b\0c", 5), "a control character");
    expect_refused("a=1\rb=2", "a control character");
    expect_refused("a=\xff", "line 1: not UTF-8");
    expect_refused("#\xff", "not UTF-8");
}

TEST(bundle_settings, are_bounded) {
    EXPECT_NO_THROW(parse_settings("a=" + std::string(60'000, 'b')));
    expect_refused("a=" + std::string(70'000, 'b'), "64 KiB");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + "=\n";
    EXPECT_EQ(parse_settings(many).size(), 1000U);
    expect_refused(many + "last=", "line 1001: more than 1000");
}

TEST(bundle_settings, are_read_from_the_root_of_a_bundle) {
    const test::temp_dir directory;
    EXPECT_TRUE(load_settings(directory.path()).empty());
    test::write_file(directory.path() / "function.env", "mode=http\n");
    EXPECT_EQ(load_settings(directory.path()).at("mode"), "http");
    test::write_file(directory.path() / "function.env", std::string(100'000, '\n'));
    EXPECT_EQ(test::thrown_by([&] { load_settings(directory.path()); }).code(), errc::bad_bundle);
}

TEST(bundle_settings, are_not_read_through_a_link_nor_from_a_directory) {
    const test::temp_dir directory;
    test::write_file(directory.path() / "real", "mode=http\n");
    std::filesystem::create_symlink("real", directory.path() / "function.env");
    EXPECT_EQ(test::thrown_by([&] { load_settings(directory.path()); }).code(), errc::bad_bundle);
    std::filesystem::remove(directory.path() / "function.env");
    std::filesystem::create_directory(directory.path() / "function.env");
    EXPECT_EQ(test::thrown_by([&] { load_settings(directory.path()); }).code(), errc::bad_bundle);
}

}  // namespace
}  // namespace mote::functions
