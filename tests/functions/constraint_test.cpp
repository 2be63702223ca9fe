#include <mote/functions/constraint.hpp>

#include <mote/functions/error.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

std::string refused_constraint(const std::string& text) {
    try {
        constraint::parse(text);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::bad_setting);
        return detail_of(error);
    }
    return {};
}

deployment with(std::vector<std::string> constraints) {
    deployment wanted;
    wanted.constraints = std::move(constraints);
    return wanted;
}

TEST(constraint, is_read_in_each_of_its_forms) {
    const constraint equal{.name = "node.platform.os", .value = "linux", .is_equal = true};
    for (const std::string text : {"node.platform.os==linux", "node.platform.os == linux", "node.platform.os=linux",
                                   " node.platform.os\t= linux "})
        EXPECT_EQ(constraint::parse(text), equal) << text;
    const constraint other{.name = "disk", .value = "a:b!c", .is_equal = false};
    for (const std::string text : {"disk!=a:b!c", "disk != a:b!c"}) EXPECT_EQ(constraint::parse(text), other) << text;
    EXPECT_EQ(constraint::parse("example.com/kind=x").name, "example.com/kind");
}

TEST(constraint, that_cannot_be_read_is_refused_with_its_text) {
    for (const std::string text : {"", "gpu", "=", "==", "!=", "=x", "!=x", "a=", "a==", "a !=", "a===b", "a!==b",
                                   "a=b=c", "a b=c", "a=b c", "a~=b", "a=\xc3\xbc", "a!b"})
        EXPECT_EQ(refused_constraint(text), '"' + text + "\": expected NAME==VALUE or NAME!=VALUE");
    EXPECT_NE(refused_constraint("a=" + std::string(254, 'x')), "");
    EXPECT_EQ(refused_constraint("a=" + std::string(253, 'x')), "");
    EXPECT_NE(refused_constraint("a=\x01"), "");
    EXPECT_LT(refused_constraint(std::string(100'000, 'x')).size(), 300U);
}

TEST(constraint, compares_with_what_the_node_is_called) {
    const text_map labels{{"disk", "ssd"}};
    EXPECT_TRUE(constraint::parse("disk==ssd").is_met_by(labels));
    EXPECT_FALSE(constraint::parse("disk==SSD").is_met_by(labels));
    EXPECT_FALSE(constraint::parse("disk!=ssd").is_met_by(labels));
    EXPECT_TRUE(constraint::parse("disk!=tape").is_met_by(labels));
    EXPECT_FALSE(constraint::parse("zone==left").is_met_by(labels));
    EXPECT_TRUE(constraint::parse("zone!=left").is_met_by(labels)) << "it has no zone at all";
}

TEST(constraint, knows_both_names_of_a_machine) {
    const text_map intel{{"node.platform.arch", "x86_64"}};
    const text_map arm{{"node.platform.arch", "aarch64"}};
    for (const std::string name : {"x86_64", "amd64"}) {
        EXPECT_TRUE(constraint::parse("node.platform.arch==" + name).is_met_by(intel));
        EXPECT_FALSE(constraint::parse("node.platform.arch!=" + name).is_met_by(intel));
        EXPECT_FALSE(constraint::parse("node.platform.arch==" + name).is_met_by(arm));
    }
    EXPECT_TRUE(constraint::parse("node.platform.arch==arm64").is_met_by(arm));
    EXPECT_FALSE(constraint::parse("my.arch==amd64").is_met_by(text_map{{"my.arch", "x86_64"}}));
}

TEST(constraint, is_one_of_several_that_all_have_to_be_met) {
    const text_map labels{{"disk", "ssd"}, {"zone", "left"}};
    EXPECT_EQ(unmet_constraint(deployment(), labels), std::nullopt);
    EXPECT_EQ(unmet_constraint(with({}), labels), std::nullopt);
    EXPECT_EQ(unmet_constraint(with({"disk==ssd", "zone!=right"}), labels), std::nullopt);
    EXPECT_EQ(unmet_constraint(with({"disk==ssd", "zone != left", "a==b"}), labels), "zone != left");
    EXPECT_EQ(unmet_constraint(with({"anything"}), labels), "anything") << "kept by somebody who did not read it";
    EXPECT_EQ(unplaceable_text(with({"disk==ssd", "a==b"})), "no node meets its constraints: disk==ssd, a==b");
    EXPECT_LT(unplaceable_text(with(std::vector<std::string>(1000, "disk==ssd"))).size(), 400U);
}

TEST(node_label, is_a_name_and_a_value_of_printable_characters) {
    EXPECT_TRUE(is_node_label("example.com/a-b_C", "1:2/3"));
    EXPECT_FALSE(is_node_label("", "x"));
    EXPECT_FALSE(is_node_label("a", ""));
    EXPECT_FALSE(is_node_label("a b", "x"));
    EXPECT_FALSE(is_node_label("a", "x y"));
    EXPECT_FALSE(is_node_label("a", "x=y"));
    EXPECT_FALSE(is_node_label("a", std::string(254, 'x')));
}

}  // namespace
}  // namespace mote::functions
