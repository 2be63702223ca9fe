#include <mote/nats/detail/link.hpp>
#include <mote/nats/detail/server_pool.hpp>

#include <mote/nats/error.hpp>
#include <tests/nats/live.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mote::nats::detail {
namespace {

using test::contains;
using test::failure_at_once;

test::failure refusal(const std::string& address) {
    return failure_at_once([&] { parse_server_address(address); });
}

options in_order(std::vector<std::string> servers) {
    options opts;
    opts.servers = std::move(servers);
    opts.randomize_servers = false;
    return opts;
}

TEST(websocket_address, has_the_ports_of_the_web_and_a_path) {
    const auto plain = parse_server_address("ws://h");
    EXPECT_EQ(plain.name(), "h:80");
    EXPECT_EQ(plain.path, "/");
    EXPECT_TRUE(plain.is_websocket());
    const auto secured = parse_server_address("wss://u:s3cr3t@h/nats/of%20mine/");
    EXPECT_EQ(secured.name(), "h:443");
    EXPECT_EQ(secured.path, "/nats/of%20mine/");
    EXPECT_EQ(secured.login.password, "s3cr3t");
    EXPECT_EQ(parse_server_address("ws://[::1]:8080/").name(), "[::1]:8080");
    EXPECT_EQ(parse_server_address("nats://h").path, "");
    EXPECT_FALSE(parse_server_address("nats://h").is_websocket());
}

TEST(websocket_address, that_cannot_be_understood_is_refused_without_its_login) {
    for (const std::string text :
         {"ws://", "ws://h?token=s3cr3t", "ws://h/path?token=s3cr3t", "ws://u@h?token=s3cr3t", "ws://h#s3cr3t",
          "ws://h?token=s3cr3t@x", "ws://h#s3cr3t@x", "ws://u:12/s3cr3t@h", "wss://h:0", "nats://h/path",
          "tls://h/path", "ws://u:s3cr3t@h:x", "wsss://u:s3cr3t@h", "socks5://u:s3cr3t@h"}) {
        const auto seen = refusal(text);
        EXPECT_EQ(seen.code, errc::bad_url) << text;
        EXPECT_FALSE(contains(seen.text, "s3cr3t")) << seen.text;
    }
}

TEST(websocket_address, is_not_mixed_with_others) {
    for (const std::vector<std::string>& list :
         {std::vector<std::string>{"ws://a", "nats://b"}, {"nats://a", "wss://b"}, {"wss://a,b"}, {"tls://a,ws://b"}}) {
        const auto seen = failure_at_once([&] { server_pool{in_order(list)}; });
        EXPECT_EQ(seen.code, errc::bad_url) << list.at(0);
        EXPECT_TRUE(contains(seen.text, "WebSocket and other addresses in one list")) << seen.text;
    }
    EXPECT_EQ(server_pool(in_order({"ws://a", "wss://b"})).size(), 2u);
}

TEST(websocket_address, with_tls_makes_it_a_condition_for_all) {
    EXPECT_TRUE(server_pool(in_order({"ws://a", "wss://b"})).wants_tls());
    EXPECT_FALSE(server_pool(in_order({"ws://a"})).wants_tls());
}

TEST(websocket_address, that_is_told_is_of_the_kind_of_the_teller) {
    server_pool pool(in_order({"wss://u:p@a:1/path"}));
    EXPECT_TRUE(pool.learn({"a:1", "b:2", "10.0.0.1:3", "nats://c:4", "wss://d:5"}));
    std::vector<std::string> names;
    for (auto left = pool.size(); left != 0; --left, pool.rotate()) {
        names.push_back(pool.front().name());
        EXPECT_EQ(pool.front().scheme, "wss");
        EXPECT_EQ(pool.front().path, "/path");
        EXPECT_EQ(pool.front().login.user, "u");
    }
    EXPECT_EQ(names, (std::vector<std::string>{"a:1", "b:2", "10.0.0.1:3", "d:5"}));
}

// ---- what else a link is told

TEST(link_options, refuse_header_fields_that_cannot_be_sent_and_show_no_value) {
    const std::pair<std::string, std::string> wrong[] = {{"", "s3cr3t"},
                                                         {"a b", "s3cr3t"},
                                                         {"a:", "s3cr3t"},
                                                         {"a\r\n", "s3cr3t"},
                                                         {"a", "s3cr3t\r\nb: c"},
                                                         {"a", "s3cr3t\n"},
                                                         {"a", std::string("s3cr3t\0", 7)},
                                                         {"connection", "s3cr3t"},
                                                         {"Upgrade", "s3cr3t"},
                                                         {"sec-websocket-key", "s3cr3t"},
                                                         {"Content-Length", "s3cr3t"},
                                                         {"transfer-encoding", "s3cr3t"}};
    for (const auto& field : wrong) {
        options opts;
        opts.websocket.headers = {field};
        const auto seen = failure_at_once([&] { check_link_options(opts); });
        EXPECT_EQ(seen.code, errc::bad_header) << field.first;
        EXPECT_FALSE(contains(seen.text, "s3cr3t")) << seen.text;
    }
    options opts;
    opts.websocket.headers = {{"Authorization", "Bearer a.b-c_d"}, {"X-Empty", ""}, {"Host", "other.example"}};
    EXPECT_FALSE(failure_at_once([&] { check_link_options(opts); }).code);
}

TEST(link_options, refuse_a_proxy_that_cannot_be_understood_and_show_no_login) {
    const std::string long_text(256, 'x');
    for (const std::string& text : std::vector<std::string>{
             "h", "h:1080", "http://h:1", "socks4://u:s3cr3t@h", "socks5://", "socks5://h:0", "socks5://h/path",
             "socks5://u:s3cr3t@h:x", "socks5://s3cr3t@h", "socks5://u:@h", "socks5://:s3cr3t@h", "u:s3cr3t@h",
             "socks5://u:s3cr3t@h?x", "socks5://" + long_text + ":s3cr3t@h", "socks5://u:s3cr3t" + long_text + "@h"}) {
        options opts;
        opts.proxy = text;
        const auto seen = failure_at_once([&] { check_link_options(opts); });
        EXPECT_EQ(seen.code, errc::bad_url) << text;
        EXPECT_TRUE(contains(seen.text, "proxy")) << seen.text;
        EXPECT_FALSE(contains(seen.text, "s3cr3t")) << seen.text;
    }
    for (const std::string text : {"socks5://h", "socks5h://h:1", "socks5://u:p%40@[::1]:1080", "socks5://10.0.0.1/"}) {
        options opts;
        opts.proxy = text;
        EXPECT_FALSE(failure_at_once([&] { check_link_options(opts); }).code) << text;
    }
}

}  // namespace
}  // namespace mote::nats::detail
