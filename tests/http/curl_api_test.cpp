// libcurl is loaded when it is needed, and what is there instead of it is said.

#include <mote/http/client.hpp>
#include <mote/http/detail/curl_api.hpp>
#include <mote/http/error.hpp>

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace mote::test {
namespace {

namespace asio = boost::asio;

std::string why_not(const char* file) {
    try {
        http::detail::load_curl(file);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), http::errc::no_libcurl);
        return error.what();
    }
    return "loaded";
}

TEST(http_curl_api, says_which_library_is_not_there) {
    const auto why = why_not("libcurl-that-nobody-has.so.4");
    EXPECT_NE(why.find("libcurl-that-nobody-has.so.4"), std::string::npos) << why;
    EXPECT_NE(why.find("cannot load libcurl"), std::string::npos) << why;
}

TEST(http_curl_api, says_which_function_a_library_lacks) {
    const auto why = why_not("libssl.so.3");
    EXPECT_NE(why.find("curl_"), std::string::npos) << why;
}

TEST(http_curl_api, loads_the_libcurl_of_the_machine_where_the_loader_finds_it) {
    const auto api = http::detail::load_curl("libcurl.so.4");
    EXPECT_STREQ(api.easy_strerror(CURLE_COULDNT_CONNECT), http::detail::curl().easy_strerror(CURLE_COULDNT_CONNECT));
}

#ifdef MOTE_TEST_CURL_IS_LOADED
bool is_mapped() {
    std::ifstream maps("/proc/self/maps");
    return std::string(std::istreambuf_iterator<char>(maps), {}).find("/libcurl.so") != std::string::npos;
}

// 0: as it should be; else which step was not.
int step_that_failed() {
    if (is_mapped()) return 1;
    asio::io_context io;
    http::client client(io.get_executor());
    io.poll();
    if (is_mapped()) return 2;
    auto sent = asio::co_spawn(io, client.get("ftp://127.0.0.1/"), asio::use_future);
    io.restart();
    io.run();
    try {
        sent.get();
        return 3;
    } catch (const boost::system::system_error& error) {
        if (error.code() != http::errc::bad_url) return 4;
    }
    return is_mapped() ? 0 : 5;
}

TEST(http_curl_api, a_client_that_sends_nothing_loads_nothing) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a process of its own, in which nobody has sent a request yet
    EXPECT_EXIT(std::exit(step_that_failed()), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace mote::test
