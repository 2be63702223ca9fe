#include <mote/functions/error.hpp>
#include <mote/functions/name.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace mote::functions {
namespace {

TEST(function_name, has_the_default_namespace_where_it_says_none) {
    const auto found = function_name::parse("figlet");
    EXPECT_EQ(found.name, "figlet");
    EXPECT_EQ(found.space, "openfaas-fn");
    EXPECT_EQ(found.full(), "figlet.openfaas-fn");
    EXPECT_EQ(found.key(), "openfaas-fn.figlet");
    EXPECT_EQ(found.subject(), "fn.openfaas-fn.figlet");
    EXPECT_EQ(found.service(), "figlet");
}

TEST(function_name, says_its_namespace_behind_the_last_dot) {
    EXPECT_EQ(function_name::parse("a.b").space, "b");
    EXPECT_EQ(function_name::parse("a", "b").space, "b");
    EXPECT_EQ(function_name::parse("a.c", "b").space, "c");
    EXPECT_EQ(function_name::parse("a.b").service(), "a_b");
    EXPECT_EQ(function_name::from_key("b.a"), function_name::parse("a.b"));
}

TEST(function_name, is_refused_when_it_could_be_a_path_or_a_subject) {
    for (const char* text : {"", ".", "..", "a.", ".a", "a.b.c", "../a", "a/b", "A", "a_b", "-a", "a-", "a*", ">",
                             "\xc3\xa4", "a b", "a\n"}) {
        try {
            function_name::parse(text);
            ADD_FAILURE() << '"' << text << "\" was taken";
        } catch (const boost::system::system_error& error) {
            EXPECT_EQ(error.code(), errc::bad_name) << text;
        }
    }
    EXPECT_NO_THROW(function_name::parse(std::string(63, 'a')));
    EXPECT_THROW(function_name::parse(std::string(64, 'a')), boost::system::system_error);
    EXPECT_THROW(function_name::parse("a", "B"), boost::system::system_error);
    EXPECT_THROW(function_name::from_key("a"), boost::system::system_error);
}

TEST(secret_name, may_have_dots_and_underscores_but_is_no_path) {
    for (const char* text : {"api-key", "tls.crt", "a_b", "1"}) EXPECT_TRUE(is_secret_name(text)) << text;
    for (const char* text : {"", ".", "..", "a..b", ".a", "a/b", "A", "a "}) EXPECT_FALSE(is_secret_name(text)) << text;
}

}  // namespace
}  // namespace mote::functions
