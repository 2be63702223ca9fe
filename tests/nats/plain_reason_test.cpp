#include <mote/nats/error.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace mote::nats {
namespace {

TEST(plain_reason, keeps_the_words_of_an_error_only) {
    EXPECT_EQ(plain_reason("a subject: no responders [mote.nats:2]"), "a subject: no responders");
    EXPECT_EQ(
        plain_reason("127.0.0.1:1: Connection refused: Connection refused [system:111 at /usr/include/x.hpp:93:5 in "
                     "function 'void f(const T&) [with T = int]']: cannot connect [mote.nats:5]"),
        "127.0.0.1:1: Connection refused: cannot connect");
    EXPECT_EQ(plain_reason("[::1]:4222: refused [system:111]"), "[::1]:4222: refused");
    EXPECT_EQ(plain_reason(""), "");
}

TEST(plain_reason, keeps_brackets_that_are_no_code) {
    for (const char* const text : {"list [1, 2] and [a: b]", "a [b:]", "a [b:1", "a [B:1]", "a [:1]", "[mote.nats:2]"})
        EXPECT_EQ(plain_reason(text), text);
}

TEST(plain_reason, is_without_the_codes_of_an_error_that_quotes_another) {
    const boost::system::system_error inner(errc::timeout, "a subject");
    const boost::system::system_error outer(errc::closed, std::string("the first: ") + inner.what());
    ASSERT_NE(std::string(outer.what()).find("[mote.nats:"), std::string::npos) << "else there is nothing to take away";
    EXPECT_EQ(plain_reason(outer.what()),
              "the first: a subject: " + inner.code().message() + ": " + outer.code().message());
}

}  // namespace
}  // namespace mote::nats
