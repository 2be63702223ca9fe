// Semantic versions and ranges of them, as semver.org and npm say.

#include <mote/micro/service_error.hpp>
#include <mote/micro/version_range.hpp>
#include <tests/nats/live.hpp>

namespace mote::micro {
namespace {

using test::contains;
using test::failure_at_once;

std::string refused_version(const std::string& text) {
    const auto failed = failure_at_once([&] { semver::parse(text); });
    EXPECT_EQ(failed.code, errc::bad_version) << text;
    EXPECT_FALSE(semver::try_parse(text)) << text;
    return failed.text;
}

std::string range_refusal(const std::string& text) {
    const auto failed = failure_at_once([&] { const version_range range(text); });
    EXPECT_EQ(failed.code, errc::bad_version_range) << text;
    return failed.text;
}

/// Those of `versions` that are within the range.
std::vector<std::string> within(const std::string& range, const std::vector<std::string>& versions) {
    const version_range read(range);
    std::vector<std::string> found;
    for (const auto& each : versions)
        if (read.contains(each)) found.push_back(each);
    return found;
}

using list = std::vector<std::string>;

TEST(semver, reads_all_its_parts) {
    const auto read = semver::parse("1.20.300-rc.1.x-y+build.007");
    EXPECT_EQ(read.major, 1U);
    EXPECT_EQ(read.minor, 20U);
    EXPECT_EQ(read.patch, 300U);
    EXPECT_EQ(read.pre_release, (list{"rc", "1", "x-y"}));
    EXPECT_EQ(read.build, "build.007");
}

TEST(semver, writes_what_it_read) {
    for (const std::string text :
         {"0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3+b-1.2", "1.2.3--+-", "18446744073709551615.0.0"})
        EXPECT_EQ(semver::parse(text).to_string(), text);
}

TEST(semver, refuses_what_is_none_and_says_why) {
    EXPECT_TRUE(contains(refused_version(""), "\"\" is not a number"));
    EXPECT_TRUE(contains(refused_version("1.2"), "three numbers"));
    EXPECT_TRUE(contains(refused_version("1"), "three numbers"));
    EXPECT_TRUE(contains(refused_version("1.2.x"), "three numbers"));
    EXPECT_TRUE(contains(refused_version("*"), "three numbers"));
    EXPECT_TRUE(contains(refused_version("1.2.3.4"), "more than three"));
    EXPECT_TRUE(contains(refused_version("v1.2.3"), "\"v1\" is not a number"));
    EXPECT_TRUE(contains(refused_version("1.02.3"), "\"02\" has a leading zero"));
    EXPECT_TRUE(contains(refused_version("1.2.3-rc.01"), "\"01\" has a leading zero"));
    EXPECT_TRUE(contains(refused_version("1.2.3-"), "cannot be part of a pre-release"));
    EXPECT_TRUE(contains(refused_version("1.2.3-a..b"), "cannot be part of a pre-release"));
    EXPECT_TRUE(contains(refused_version("1.2.3-a_b"), "\"a_b\""));
    EXPECT_TRUE(contains(refused_version("1.2.3+"), "cannot be part of a build"));
    EXPECT_TRUE(contains(refused_version("1.2.3+a+b"), "cannot be part of a build"));
    EXPECT_TRUE(contains(refused_version("18446744073709551616.0.0"), "too large"));
    for (const std::string text : {" 1.2.3", "1.2.3 ", "1. 2.3", "-1.2.3", "1.2.-3", "1..3", "1.2.3\n", "1.2-rc"})
        refused_version(text);
}

TEST(semver, orders_by_precedence) {
    const list ascending{"0.0.1",       "0.1.0",         "1.0.0-1",
                         "1.0.0-2",     "1.0.0-10",      "1.0.0-99999999999999999999",
                         "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                         "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                         "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                         "1.9.0",       "1.10.0",        "2.0.0"};
    for (std::size_t left = 0; left < ascending.size(); ++left)
        for (std::size_t right = 0; right < ascending.size(); ++right)
            EXPECT_EQ(semver::parse(ascending[left]) <=> semver::parse(ascending[right]),
                      std::weak_ordering(left <=> right))
                << ascending[left] << ' ' << ascending[right];
}

TEST(semver, takes_builds_for_equivalent) {
    EXPECT_EQ(semver::parse("1.0.0+a"), semver::parse("1.0.0+b"));
    EXPECT_NE(semver::parse("1.0.0-a"), semver::parse("1.0.0"));
}

TEST(version_range, that_was_given_nothing_has_everything_in_it) {
    const version_range any;
    EXPECT_FALSE(any.constrains());
    EXPECT_TRUE(any.contains("1.0.0-rc.1"));
    EXPECT_TRUE(any.contains("no version"));
    EXPECT_TRUE(version_range("*").constrains());
    EXPECT_FALSE(version_range("*").contains("no version"));
}

TEST(version_range, caret_keeps_what_must_not_break) {
    const list all{"0.0.2", "0.0.3", "0.0.4", "0.1.9", "0.2.2", "0.2.3", "0.2.9",
                   "0.3.0", "1.0.0", "1.1.9", "1.2.0", "1.2.3", "1.9.0", "2.0.0"};
    EXPECT_EQ(within("^1.2.3", all), (list{"1.2.3", "1.9.0"}));
    EXPECT_EQ(within("^1.2", all), (list{"1.2.0", "1.2.3", "1.9.0"}));
    EXPECT_EQ(within("^1", all), (list{"1.0.0", "1.1.9", "1.2.0", "1.2.3", "1.9.0"}));
    EXPECT_EQ(within("^0.2.3", all), (list{"0.2.3", "0.2.9"}));
    EXPECT_EQ(within("^0.2", all), (list{"0.2.2", "0.2.3", "0.2.9"}));
    EXPECT_EQ(within("^0.0.3", all), (list{"0.0.3"}));
    EXPECT_EQ(within("^0.0", all), (list{"0.0.2", "0.0.3", "0.0.4"}));
    EXPECT_EQ(within("^0", all), (list{"0.0.2", "0.0.3", "0.0.4", "0.1.9", "0.2.2", "0.2.3", "0.2.9", "0.3.0"}));
    EXPECT_EQ(within("^*", all), all);
}

TEST(version_range, tilde_keeps_the_minor_number) {
    const list all{"1.1.9", "1.2.0", "1.2.3", "1.2.9", "1.3.0", "2.0.0"};
    EXPECT_EQ(within("~1.2.3", all), (list{"1.2.3", "1.2.9"}));
    EXPECT_EQ(within("~1.2", all), (list{"1.2.0", "1.2.3", "1.2.9"}));
    EXPECT_EQ(within("~1", all), (list{"1.1.9", "1.2.0", "1.2.3", "1.2.9", "1.3.0"}));
}

TEST(version_range, partial_versions_span_what_they_leave_open) {
    const list all{"0.9.0", "1.0.0", "1.2.0", "1.2.9", "1.3.0", "2.0.0"};
    for (const std::string text : {"1", "1.x", "1.X", "1.*", "1.x.x", "=1", "1.*.*"})
        EXPECT_EQ(within(text, all), (list{"1.0.0", "1.2.0", "1.2.9", "1.3.0"})) << text;
    EXPECT_EQ(within("1.2", all), (list{"1.2.0", "1.2.9"}));
    EXPECT_EQ(within("=1.2.x", all), (list{"1.2.0", "1.2.9"}));
    EXPECT_EQ(within("*", all), all);
    EXPECT_EQ(within("x", all), all);
    EXPECT_EQ(within("=1.2.9", all), (list{"1.2.9"}));
    EXPECT_EQ(within("1.2.9", all), (list{"1.2.9"}));
}

TEST(version_range, compares) {
    const list all{"0.9.0", "1.0.0", "1.2.0", "1.2.9", "1.3.0", "2.0.0", "2.1.0"};
    EXPECT_EQ(within(">=1.0 <2", all), (list{"1.0.0", "1.2.0", "1.2.9", "1.3.0"}));
    EXPECT_EQ(within("  >= 1.0   < 2  ", all), (list{"1.0.0", "1.2.0", "1.2.9", "1.3.0"}));
    EXPECT_EQ(within(">=1.0<2", all), (list{"1.0.0", "1.2.0", "1.2.9", "1.3.0"}));
    EXPECT_EQ(within(">1.2", all), (list{"1.3.0", "2.0.0", "2.1.0"}));
    EXPECT_EQ(within(">1", all), (list{"2.0.0", "2.1.0"}));
    EXPECT_EQ(within(">1.2.0 <1.3.0", all), (list{"1.2.9"}));
    EXPECT_EQ(within("<=1.2", all), (list{"0.9.0", "1.0.0", "1.2.0", "1.2.9"}));
    EXPECT_EQ(within("<=1", all), (list{"0.9.0", "1.0.0", "1.2.0", "1.2.9", "1.3.0"}));
    EXPECT_EQ(within("<=1.2.0", all), (list{"0.9.0", "1.0.0", "1.2.0"}));
    EXPECT_EQ(within("<1.2", all), (list{"0.9.0", "1.0.0"}));
    EXPECT_EQ(within(">=2 <1", all), list());
}

TEST(version_range, takes_one_alternative_or_the_other) {
    const list all{"1.0.0", "2.0.0", "3.0.0", "3.1.0", "4.0.0"};
    EXPECT_EQ(within("1.x || >=3.1.0 <4", all), (list{"1.0.0", "3.1.0"}));
    EXPECT_EQ(within("1||2||4", all), (list{"1.0.0", "2.0.0", "4.0.0"}));
}

TEST(version_range, has_pre_releases_only_of_a_version_that_names_one) {
    const list all{"1.2.2-a", "1.2.3-a", "1.2.3-b", "1.2.3-c.1", "1.2.3", "1.2.4-a", "1.2.4", "2.0.0-0", "2.0.0-a"};
    EXPECT_EQ(within("^1.2.3-b", all), (list{"1.2.3-b", "1.2.3-c.1", "1.2.3", "1.2.4"}));
    EXPECT_EQ(within(">=1.2.0", all), (list{"1.2.3", "1.2.4"}));
    EXPECT_EQ(within("*", all), (list{"1.2.3", "1.2.4"}));
    EXPECT_EQ(within("1.2.3-a", all), (list{"1.2.3-a"}));
    EXPECT_EQ(within(">1.2.3-a <1.2.4", all), (list{"1.2.3-b", "1.2.3-c.1", "1.2.3"}));
    EXPECT_EQ(within("<=1.2.4-a >=1.2.3", all), (list{"1.2.3", "1.2.4-a"}));
    EXPECT_EQ(within("~1.2.3-c || 2.0.0-a", all), (list{"1.2.3-c.1", "1.2.3", "1.2.4", "2.0.0-a"}));
}

TEST(version_range, ignores_builds) { EXPECT_EQ(within("=1.2.3+one", {"1.2.3+two", "1.2.4"}), (list{"1.2.3+two"})); }

TEST(version_range, refuses_what_is_none_and_says_why) {
    EXPECT_TRUE(contains(range_refusal(""), "it is empty"));
    EXPECT_TRUE(contains(range_refusal("  "), "it is empty"));
    EXPECT_TRUE(contains(range_refusal("1 ||"), "nothing beside ||"));
    EXPECT_TRUE(contains(range_refusal("|| 1"), "nothing beside ||"));
    EXPECT_TRUE(contains(range_refusal("1 || || 2"), "nothing beside ||"));
    EXPECT_TRUE(contains(range_refusal(">="), "no version behind \">=\""));
    EXPECT_TRUE(contains(range_refusal("1 ^"), "no version behind \"^\""));
    EXPECT_TRUE(contains(range_refusal(">=<1"), "\"<\" where a version should be"));
    EXPECT_TRUE(contains(range_refusal("1 | 2"), "\"|\" where a version should be"));
    EXPECT_TRUE(contains(range_refusal("1.2.3 - 2.0.0"), "\"-\""));
    EXPECT_TRUE(contains(range_refusal("latest"), "\"latest\" is not a number"));
    EXPECT_TRUE(contains(range_refusal("v1"), "\"v1\" is not a number"));
    EXPECT_TRUE(contains(range_refusal("1.2.3.4"), "more than three numbers"));
    EXPECT_TRUE(contains(range_refusal("1.x.3"), "a number behind a wildcard"));
    EXPECT_TRUE(contains(range_refusal("*.1"), "a number behind a wildcard"));
    EXPECT_TRUE(contains(range_refusal("1.2-rc"), "needs three numbers"));
    EXPECT_TRUE(contains(range_refusal("1.x+b"), "needs three numbers"));
    EXPECT_TRUE(contains(range_refusal("^01"), "has a leading zero"));
    EXPECT_TRUE(contains(range_refusal(">*"), "nothing is greater"));
    EXPECT_TRUE(contains(range_refusal("<x"), "nothing is less"));
    EXPECT_TRUE(contains(range_refusal("^18446744073709551615"), "too large"));
    EXPECT_TRUE(contains(range_refusal("99999999999999999999"), "too large"));
    EXPECT_TRUE(contains(range_refusal("1,2"), "\"1,2\""));
    EXPECT_TRUE(contains(range_refusal("!1"), "\"!1\""));
}

TEST(version_range, keeps_its_text) {
    EXPECT_EQ(version_range(" ^1.2 ").text(), " ^1.2 ");
    EXPECT_EQ(version_range().text(), "");
}

}  // namespace
}  // namespace mote::micro
