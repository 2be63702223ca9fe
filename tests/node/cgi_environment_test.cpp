#include <mote/node/detail/cgi_environment.hpp>

#include <mote/node/error.hpp>

#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace mote::node::detail {
namespace {

using headers = std::vector<http::header_view>;
using environment = std::map<std::string, std::string>;

environment made(cgi_request asked, const headers& with = {}, cgi_names names = cgi_names::of_watchdog) {
    asked.headers = with;
    const auto list = cgi_environment(asked, names);
    environment all(list.begin(), list.end());
    EXPECT_EQ(all.size(), list.size()) << "a name twice";
    return all;
}

boost::system::error_code refused(const cgi_request& asked, std::size_t limit = 65536) {
    try {
        cgi_environment(asked, cgi_names::of_watchdog, limit);
    } catch (const boost::system::system_error& error) {
        return error.code();
    }
    return {};
}

TEST(cgi_environment, names_what_of_watchdog_names) {
    const auto got = made({.method = "POST", .path = "/a/b", .query = "x=1&y", .host = "gw:8080", .content_length = 12},
                          {{"X-Call-Id", "7"}});
    EXPECT_EQ(got, (environment{{"Http_Method", "POST"},
                                {"Http_Path", "/a/b"},
                                {"Http_Query", "x=1&y"},
                                {"Http_Content_Length", "12"},
                                {"Http_X_Call_Id", "7"}}));
}

TEST(cgi_environment, names_what_the_classic_watchdog_names) {
    const auto got = made({.method = "POST", .path = "/", .query = {}, .host = "gw:8080", .content_length = 12}, {},
                          cgi_names::classic);
    EXPECT_EQ(got, (environment{{"Http_Method", "POST"},
                                {"Http_Path", "/"},
                                {"Http_ContentLength", "12"},
                                {"Http_Content_Length", "12"},
                                {"Http_Host", "gw:8080"}}));
}

TEST(cgi_environment, says_that_a_length_is_not_known) {
    EXPECT_EQ(made({.method = "GET"}),
              (environment{{"Http_Method", "GET"}, {"Http_Path", "/"}, {"Http_Transfer_Encoding", "chunked"}}));
    EXPECT_EQ(made({.method = "GET"}, {}, cgi_names::classic).at("Http_ContentLength"), "-1");
}

TEST(cgi_environment, writes_names_of_headers_as_go_does) {
    const auto got =
        made({.method = "GET"}, {{"x-call-ID", "a"}, {"ACCEPT", "b"}, {"x_under-score", "c"}, {"x2y-3z", "d"}});
    EXPECT_EQ(got.at("Http_X_Call_Id"), "a");
    EXPECT_EQ(got.at("Http_Accept"), "b");
    EXPECT_EQ(got.at("Http_X_under_Score"), "c");
    EXPECT_EQ(got.at("Http_X2y_3z"), "d");
}

TEST(cgi_environment, takes_the_first_of_headers_with_one_name) {
    EXPECT_EQ(made({.method = "GET"}, {{"X-A", "1"}, {"x-a", "2"}}).at("Http_X_A"), "1");
}

TEST(cgi_environment, lets_no_header_choose_another_variable) {
    const auto got =
        made({.method = "GET", .path = "/p"},
             {{"PATH", "/evil"}, {"LD_PRELOAD", "evil.so"}, {"Method", "EVIL"}, {"path", "/evil"}, {"query", "evil"}});
    EXPECT_EQ(got.count("PATH"), 0U);
    EXPECT_EQ(got.count("LD_PRELOAD"), 0U);
    EXPECT_EQ(got.at("Http_Method"), "GET");
    EXPECT_EQ(got.at("Http_Path"), "/p");
    EXPECT_EQ(got.count("Http_Query"), 0U);
    for (const auto& [name, value] : got) EXPECT_TRUE(name.starts_with("Http_")) << name;
}

TEST(cgi_environment, lets_no_header_stand_for_length_host_or_proxy) {
    const headers forged = {{"Content-Length", "99"},
                            {"ContentLength", "99"},
                            {"Host", "evil"},
                            {"Transfer-Encoding", "evil"},
                            {"Proxy", "http://evil"}};
    EXPECT_EQ(made({.method = "GET", .content_length = 1}, forged),
              (environment{{"Http_Method", "GET"}, {"Http_Path", "/"}, {"Http_Content_Length", "1"}}));
    const auto classic = made({.method = "GET", .host = "good", .content_length = 1}, forged, cgi_names::classic);
    EXPECT_EQ(classic.at("Http_Host"), "good");
    EXPECT_EQ(classic.at("Http_ContentLength"), "1");
    EXPECT_EQ(classic.count("Http_Contentlength"), 0U);
}

TEST(cgi_environment, leaves_odd_names_out) {
    const auto got = made({.method = "GET"},
                          {{"", "1"}, {"a=b", "2"}, {"a b", "3"}, {"a.b", "4"}, {"a\nb", "5"}, {"\xc3\xa4", "6"}});
    EXPECT_EQ(got.size(), 3U);
}

TEST(cgi_environment, keeps_values_as_they_are) {
    EXPECT_EQ(made({.method = "GET"}, {{"X", "a=b\n$HOME \xff"}}).at("Http_X"), "a=b\n$HOME \xff");
}

TEST(cgi_environment, reads_the_path_as_go_does) {
    EXPECT_EQ(made({.method = "GET", .path = "/p/a%20th/%C3%A4%2fb+c"}).at("Http_Path"), "/p/a th/\xc3\xa4/b+c");
    EXPECT_EQ(made({.method = "GET", .query = "a=%20"}).at("Http_Query"), "a=%20") << "the query is as it was sent";
    EXPECT_EQ(refused({.method = "GET", .path = "/%0"}), errc::bad_request);
    EXPECT_EQ(refused({.method = "GET", .path = "/%00"}), errc::bad_request);
}

TEST(cgi_environment, has_a_bound) {
    const std::string big(1000, 'x');
    const headers with(20, {"X", big});
    EXPECT_FALSE(refused({.method = "GET", .headers = with}, 1200)) << "only the first of a name counts";
    const headers two = {{"X-A", big}, {"X-B", big}};
    EXPECT_EQ(refused({.method = "GET", .headers = two}, 1200), errc::headers_too_large);
    EXPECT_EQ(refused({.method = "GET", .path = big}, 500), errc::headers_too_large);
}

TEST(cgi_environment, refuses_a_nul) {
    const headers with = {{"X", std::string_view("a\0b", 3)}};
    EXPECT_EQ(refused({.method = "GET", .headers = with}), errc::bad_request);
    EXPECT_EQ(refused({.method = "GET", .path = std::string_view("/\0", 2)}), errc::bad_request);
}

}  // namespace
}  // namespace mote::node::detail
