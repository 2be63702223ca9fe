#include <mote/node/error.hpp>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

namespace mote::node {
namespace {

TEST(node_error, says_what_an_http_caller_is_told) {
    EXPECT_EQ(http_status(errc::upstream_refused), 502);
    EXPECT_EQ(http_status(errc::upstream_lost), 502);
    EXPECT_EQ(http_status(errc::bad_answer), 502);
    EXPECT_EQ(http_status(errc::upstream_timeout), 504);
    EXPECT_EQ(http_status(errc::bad_request), 400);
    EXPECT_EQ(http_status(errc::headers_too_large), 431);
    EXPECT_EQ(http_status(errc::closed), 503);
    EXPECT_EQ(http_status(errc::upstream_busy), 429);
    EXPECT_EQ(http_status(errc::not_supported), 501);
    EXPECT_EQ(http_status(errc::process_ended), 503);
}

TEST(node_error, of_another_category_is_an_internal_one) {
    EXPECT_EQ(http_status(boost::asio::error::operation_aborted), 500);
    EXPECT_EQ(http_status(boost::system::error_code(99, node_category())), 500);
}

TEST(node_error, has_a_text_for_each_value) {
    for (int value = 1; value <= static_cast<int>(errc::process_ended); ++value)
        EXPECT_NE(node_category().message(value), "unknown error") << value;
    EXPECT_EQ(node_category().message(99), "unknown error");
    EXPECT_STREQ(node_category().name(), "mote.node");
}

TEST(node_error, carries_a_detail) {
    try {
        throw_error(errc::bad_answer, "what");
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::bad_answer);
        EXPECT_NE(std::string(error.what()).find("what"), std::string::npos);
    }
    EXPECT_THROW(throw_error(errc::closed), boost::system::system_error);
}

}  // namespace
}  // namespace mote::node
