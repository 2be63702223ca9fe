#include <mote/functions/callback_rules.hpp>

#include <mote/functions/error.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace mote::functions {
namespace {

bool allows(const std::string& words, const std::string& address, std::uint16_t port = 80) {
    return callback_rules::parse(words).allow("host.example", address, port);
}

/// Whether a URL alone shows that a result is never sent there.
bool refuses(const callback_rules& rules, const std::string& url) {
    try {
        rules.check(url);
        return false;
    } catch (const boost::system::system_error& refused) {
        EXPECT_EQ(refused.code(), errc::bad_callback) << url;
        return true;
    }
}

TEST(callback_rules, allow_ordinary_addresses_and_no_special_ones_when_nothing_is_said) {
    for (const char* address : {"93.184.216.34", "10.1.2.3", "192.168.1.1", "172.16.0.1", "2606:4700::1111", "fd12::1",
                                "::ffff:10.1.2.3", "64:ff9b::5db8:d822"})
        EXPECT_TRUE(callback_rules().allow("host", address, 80)) << address;
    for (const char* address : {"127.0.0.1",
                                "127.255.0.1",
                                "0.0.0.0",
                                "0.1.2.3",
                                "169.254.169.254",
                                "100.100.100.200",
                                "192.0.0.192",
                                "224.0.0.1",
                                "255.255.255.255",
                                "240.0.0.1",
                                "::1",
                                "::",
                                "fe80::1",
                                "fe80::1%eth0",
                                "ff02::1",
                                "fd00:ec2::254",
                                "fd20:ce::254",
                                "::ffff:127.0.0.1",
                                "::ffff:169.254.169.254",
                                "::127.0.0.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b::169.254.169.254",
                                "2002:7f00:1::",
                                "2002:a9fe:a9fe::1",
                                "",
                                "host",
                                "127.1"})
        EXPECT_FALSE(callback_rules().allow("host", address, 80)) << address;
    EXPECT_EQ(callback_rules().text(), "*");
}

TEST(callback_rules, allow_loopback_where_a_gateway_is_for_its_own_machine) {
    const auto rules = callback_rules::with_loopback();
    for (const char* address : {"127.0.0.1", "127.0.1.1", "::1", "::ffff:127.0.0.1", "93.184.216.34"})
        EXPECT_TRUE(rules.allow("host", address, 80)) << address;
    for (const char* address : {"169.254.169.254", "0.0.0.0", "fe80::1"})
        EXPECT_FALSE(rules.allow("host", address, 80)) << address;
}

TEST(callback_rules, allow_what_they_name_and_nothing_else) {
    EXPECT_TRUE(allows("10.1.0.0/16", "10.1.255.3"));
    EXPECT_FALSE(allows("10.1.0.0/16", "10.2.0.3"));
    EXPECT_FALSE(allows("10.1.0.0/16", "93.184.216.34"));
    EXPECT_TRUE(allows("10.1.2.3/15", "10.0.9.9")) << "bits behind the network do not count";
    EXPECT_TRUE(allows("10.1.2.3:8080", "10.1.2.3", 8080));
    EXPECT_FALSE(allows("10.1.2.3:8080", "10.1.2.3", 8081));
    EXPECT_TRUE(allows("fd00::/9", "fd12::1"));
    EXPECT_FALSE(allows("fd00::/9", "fd80::1"));
    EXPECT_TRUE(allows("[fd00::1]:8080", "fd00::1", 8080));
    EXPECT_FALSE(allows("[fd00::1]:8080", "fd00::1", 80));
    EXPECT_TRUE(allows("10.0.0.1  fd00::1", "fd00::1"));
    EXPECT_FALSE(allows("", "93.184.216.34"));
}

TEST(callback_rules, allow_special_addresses_only_where_they_are_named) {
    for (const char* words : {"127.0.0.1", "127.0.0.0/8", "127.0.0.1/32", "127.0.0.1:80", "::ffff:127.0.0.1"})
        EXPECT_TRUE(allows(words, "127.0.0.1")) << words;
    for (const char* words : {"0.0.0.0/0", "::/0", "*", "126.0.0.0/7", "127.0.0.2", "64.0.0.0/2"})
        EXPECT_FALSE(allows(words, "127.0.0.1")) << words;
    EXPECT_TRUE(allows("0.0.0.0/0", "93.184.216.34"));
    EXPECT_FALSE(allows("0.0.0.0/0", "2606:4700::1111"));
    EXPECT_TRUE(allows("169.254.169.254", "169.254.169.254"));
}

TEST(callback_rules, allow_a_host_by_its_name_in_the_url_whatever_its_address_is) {
    const auto rules = callback_rules::parse("hooks.example.org:8443 Local");
    EXPECT_TRUE(rules.allow("hooks.example.org", "127.0.0.1", 8443));
    EXPECT_TRUE(rules.allow("HOOKS.example.org.", "10.0.0.1", 8443));
    EXPECT_FALSE(rules.allow("hooks.example.org", "10.0.0.1", 443));
    EXPECT_FALSE(rules.allow("x.hooks.example.org", "10.0.0.1", 8443));
    EXPECT_TRUE(rules.allow("local", "::1", 1));
    EXPECT_FALSE(rules.allow("other", "::1", 1));
}

TEST(callback_rules, refuse_a_url_that_alone_shows_it) {
    for (const char* url :
         {"http://127.0.0.1/", "http://127.0.0.1:8080/x", "http://user:secret@127.0.0.1/", "http://[::1]/",
          "http://[::ffff:127.0.0.1]:80/", "http://localhost:8080/", "https://LocalHost./", "http://a.localhost/",
          "http://169.254.169.254/latest/meta-data", "http://127.1/", "http://2130706433/", "http://0x7f.1/",
          "http://017700000001/", "http://0/", "http://host:x/", "http://host:70000/", "http://[::1/"})
        EXPECT_TRUE(refuses(callback_rules(), url)) << url;
    for (const char* url :
         {"http://example.org/", "https://10.0.0.1:8443/", "http://[fd00::1]/", "http://gateway:8080/"})
        EXPECT_FALSE(refuses(callback_rules(), url)) << url;
    EXPECT_FALSE(refuses(callback_rules::with_loopback(), "http://127.0.0.1:8080/function/sink"));
    EXPECT_FALSE(refuses(callback_rules::with_loopback(), "http://localhost/"));
}

TEST(callback_rules, refuse_a_url_with_another_name_only_when_no_address_could_be_meant) {
    const auto by_name = callback_rules::parse("hooks.example.org:443");
    EXPECT_FALSE(refuses(by_name, "https://hooks.example.org/a?b"));
    EXPECT_TRUE(refuses(by_name, "http://hooks.example.org/"));
    EXPECT_TRUE(refuses(by_name, "https://other.example.org/"));
    const auto by_address = callback_rules::parse("10.0.0.0/8");
    EXPECT_FALSE(refuses(by_address, "https://other.example.org/")) << "what it is will be seen";
    EXPECT_TRUE(refuses(by_address, "https://11.0.0.1/"));
}

TEST(callback_rules, say_which_host_is_refused_and_no_password) {
    try {
        callback_rules().check("http://user:secret@127.0.0.1/?token=secret");
        FAIL();
    } catch (const boost::system::system_error& refused) {
        const auto text = detail_of(refused);
        EXPECT_NE(text.find("127.0.0.1"), std::string::npos) << text;
        EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    }
}

TEST(callback_rules, are_refused_when_they_are_none) {
    for (const std::string words : {"10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/x",   "10.0.0.0/8:80",
                                    "a b/c",       "host:",      "host:0",    "host:x",       "host:65536",
                                    "[fd00::1",    "[fd00::1]x", "[host]:1",  "http://host/", "127.1",
                                    "2130706433",  "hö",         "a,b",       "**",           "*:80"}) {
        try {
            callback_rules::parse(words);
            ADD_FAILURE() << words;
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_setting) << words;
        }
    }
    std::string many;
    for (int i = 0; i < 101; ++i) many += "10.0.0.1 ";
    EXPECT_THROW(callback_rules::parse(many), boost::system::system_error);
    EXPECT_NO_THROW(callback_rules::parse(many.substr(9)));
    EXPECT_THROW(callback_rules::parse(std::string(4001, 'a')), boost::system::system_error);
}

TEST(callback_rules, are_the_same_when_their_text_is_read_again) {
    for (const char* words : {"*", "10.0.0.0/8 host:80 [fd00::1]:8080"}) {
        const auto again = callback_rules::parse(callback_rules::parse(words).text());
        EXPECT_EQ(again.text(), words);
        EXPECT_TRUE(again.allow("host", "10.0.0.1", 80)) << words;
    }
}

}  // namespace
}  // namespace mote::functions
