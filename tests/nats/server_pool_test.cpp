#include <mote/nats/detail/server_pool.hpp>

#include <mote/nats/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {
namespace {

struct refusal {
    boost::system::error_code code;
    std::string text;
};

template <class Function>
refusal refusal_of(Function function) {
    try {
        function();
    } catch (const boost::system::system_error& failed) {
        return {failed.code(), failed.what()};
    }
    return {};
}

refusal refusal_of_address(std::string_view text) {
    return refusal_of([text] { parse_server_address(text); });
}

options in_order(std::vector<std::string> servers) {
    options opts;
    opts.servers = std::move(servers);
    opts.randomize_servers = false;
    return opts;
}

/// The names of the servers, in the order in which they would be tried when each fails.
std::vector<std::string> names(server_pool& pool) {
    std::vector<std::string> found;
    for (auto left = pool.size(); left != 0; --left) {
        found.push_back(pool.front().name());
        pool.rotate();
    }
    return found;
}

using list = std::vector<std::string>;

// ---- one address

TEST(server_address, has_scheme_host_and_port) {
    const auto address = parse_server_address("nats://demo.example:4333");
    EXPECT_EQ(address.scheme, "nats");
    EXPECT_EQ(address.host, "demo.example");
    EXPECT_EQ(address.port, 4333);
    EXPECT_EQ(address.name(), "demo.example:4333");
    EXPECT_FALSE(address.discovered);
    EXPECT_EQ(address.login.user, "");
    EXPECT_EQ(address.login.password, "");
    EXPECT_EQ(address.login.token, "");
}

TEST(server_address, has_defaults_for_scheme_and_port) {
    EXPECT_EQ(parse_server_address("nats://h").name(), "h:4222");
    EXPECT_EQ(parse_server_address("h").name(), "h:4222");
    EXPECT_EQ(parse_server_address("h:4333").name(), "h:4333");
    EXPECT_EQ(parse_server_address("  10.0.0.1:1 ").name(), "10.0.0.1:1");
    EXPECT_EQ(parse_server_address("h:65535").port, 65535);
    EXPECT_EQ(parse_server_address("nats://h/").name(), "h:4222");
}

TEST(server_address, may_be_an_ipv6_address) {
    const auto address = parse_server_address("nats://[::1]:4333");
    EXPECT_EQ(address.host, "::1");
    EXPECT_EQ(address.port, 4333);
    EXPECT_EQ(address.name(), "[::1]:4333");
    EXPECT_EQ(parse_server_address("[fe80::1]").name(), "[fe80::1]:4222");
}

TEST(server_address, may_have_user_and_password_or_a_token) {
    const auto both = parse_server_address("nats://derek:pass@h:1");
    EXPECT_EQ(both.login.user, "derek");
    EXPECT_EQ(both.login.password, "pass");
    EXPECT_EQ(both.login.token, "");
    EXPECT_EQ(both.name(), "h:1");
    const auto token = parse_server_address("s3cr3t@h");
    EXPECT_EQ(token.login.token, "s3cr3t");
    EXPECT_EQ(token.login.user, "");
    const auto escaped = parse_server_address("nats://a%40b:p%3A%2Fw@h");
    EXPECT_EQ(escaped.login.user, "a@b");
    EXPECT_EQ(escaped.login.password, "p:/w");
}

TEST(server_address, that_cannot_be_understood_is_refused) {
    for (const std::string_view text : {"", " ", "nats://", "://h", "nats://:4222", "h:x", "h:0", "h:65536", "h:-1",
                                        "http://h", "h h", "[::1", "[::g]:1", "nats://a b", "h:1:2", "nats://u:p@"})
        EXPECT_EQ(refusal_of_address(text).code, errc::bad_url) << text;
}

TEST(server_address, may_ask_for_tls) {
    const auto address = parse_server_address("tls://u:s3cr3t@h");
    EXPECT_EQ(address.scheme, "tls");
    EXPECT_EQ(address.name(), "h:4222");
    EXPECT_EQ(address.login.password, "s3cr3t");
}

TEST(server_address, has_a_host_that_can_be_looked_up) {
    EXPECT_EQ(parse_server_address("a-b_c.D9").host, "a-b_c.D9");
    EXPECT_EQ(parse_server_address("%61").host, "a");
    for (const std::string_view text :
         {"a%0Ab", "a%0D%0Ab:1", "a%00", "a%20b", "nats://u:p@a%7F", "a%40b", "a%3Ab", "a*b", "%C3%A4"})
        EXPECT_EQ(refusal_of_address(text).code, errc::bad_url) << text;
}

TEST(server_address, that_is_refused_is_named_without_its_login) {
    EXPECT_NE(refusal_of_address("nats://derek:s3cr3t@h:x").text.find("nats://xxxxx@h:x"), std::string::npos);
    for (const std::string_view text :
         {"nats://derek:s3cr3t@h:x", "s3cr3t@h:x", "derek:s3cr3t@h:x", "http://u:s3cr3t@h", "u:s3cr3t@h h",
          "u:s3cr3t://x@h:x", "u:s3cr3t@h://x@y", "nats://u:s3cr3t@p@h:x", "nats://u:s3cr3t@:x"}) {
        const auto refused = refusal_of_address(text);
        EXPECT_TRUE(refused.code) << text;
        EXPECT_EQ(refused.text.find("s3cr3t"), std::string::npos) << refused.text;
    }
}

// ---- the pool

TEST(server_pool, knows_bare_addresses_by_the_name_of_the_server_that_told_them) {
    server_pool pool(in_order({"nats.example:4222"}));
    pool.learn({"nats.example:4222", "10.0.0.1:4222", "[fe80::1]:4222", "other.example:4222"});
    std::vector<std::string> known;
    for (auto left = pool.size(); left != 0; --left, pool.rotate()) known.push_back(pool.front().certificate_name());
    EXPECT_EQ(known, (list{"nats.example", "nats.example", "nats.example", "other.example"}));
    pool.rotate();  // the one at 10.0.0.1 is in use, and tells of a further one
    pool.learn({"nats.example:4222", "10.0.0.1:4222", "10.0.0.2:4222"});
    for (auto left = pool.size(); left != 0 && pool.front().host != "10.0.0.2"; --left) pool.rotate();
    EXPECT_EQ(pool.front().certificate_name(), "nats.example");
    EXPECT_EQ(pool.front().name(), "10.0.0.2:4222");
}

TEST(server_pool, knows_a_bare_address_by_itself_when_it_was_told_by_one) {
    server_pool pool(in_order({"10.0.0.1"}));
    pool.learn({"10.0.0.2:4222"});
    pool.rotate();
    EXPECT_EQ(pool.front().certificate_name(), "10.0.0.2");
}

TEST(server_pool, wants_tls_when_an_address_or_an_option_does) {
    EXPECT_FALSE(server_pool(in_order({"a", "nats://b"})).wants_tls());
    EXPECT_TRUE(server_pool(in_order({"a", "tls://b"})).wants_tls());
    EXPECT_TRUE(server_pool(in_order({"a,tls://b"})).wants_tls());
    const auto with = [](auto set) {
        auto opts = in_order({"a"});
        set(opts.tls);
        return server_pool(opts).wants_tls();
    };
    EXPECT_TRUE(with([](tls_options& tls) { tls.required = true; }));
    EXPECT_TRUE(with([](tls_options& tls) { tls.handshake_first = true; }));
    EXPECT_TRUE(with([](tls_options& tls) { tls.ca = "file"; }));
    EXPECT_TRUE(with([](tls_options& tls) { tls.certificate = "file"; }));
    EXPECT_TRUE(with([](tls_options& tls) { tls.key = "file"; }));
    EXPECT_TRUE(with([](tls_options& tls) { tls.server_name = "name"; }));
    EXPECT_FALSE(with([](tls_options& tls) { tls.insecure_accept_any_certificate = true; }));
}

TEST(server_pool, has_the_servers_in_the_order_given) {
    server_pool pool(in_order({"c:1", "a", "b:2"}));
    EXPECT_EQ(names(pool), (list{"c:1", "a:4222", "b:2"}));
}

TEST(server_pool, takes_several_servers_in_one_text) {
    server_pool pool(in_order({"nats://a:1, b:2,,c:3 ,", "d"}));
    EXPECT_EQ(names(pool), (list{"a:1", "b:2", "c:3", "d:4222"}));
}

TEST(server_pool, has_each_server_once) {
    server_pool pool(in_order({"a", "nats://a:4222", "a:1", "a"}));
    EXPECT_EQ(names(pool), (list{"a:4222", "a:1"}));
}

TEST(server_pool, refuses_an_empty_list_and_a_bad_address) {
    EXPECT_EQ(refusal_of([] { server_pool{in_order({})}; }).code, errc::bad_url);
    EXPECT_EQ(refusal_of([] { server_pool{in_order({"", " , "})}; }).code, errc::bad_url);
    EXPECT_EQ(refusal_of([] { server_pool{in_order({"a", "b:x"})}; }).code, errc::bad_url);
}

TEST(server_pool, never_names_the_login_of_a_bad_address) {
    // A comma in a password has to be escaped; where it is not, the parts of the list are no addresses.
    for (const auto* const text : {"nats://u:s3cr3t,more@h", "nats://u:more,s3cr3t@h:x", "a,nats://u:s3cr3t,x@h,b"}) {
        const auto refused = refusal_of([text] { server_pool{in_order({text})}; });
        EXPECT_EQ(refused.code, errc::bad_url) << text;
        EXPECT_EQ(refused.text.find("s3cr3t"), std::string::npos) << refused.text;
    }
}

TEST(server_pool, tries_the_servers_in_turn) {
    server_pool pool(in_order({"a", "b", "c"}));
    pool.rotate();
    EXPECT_EQ(names(pool), (list{"b:4222", "c:4222", "a:4222"}));
    pool.drop_front();
    EXPECT_EQ(names(pool), (list{"c:4222", "a:4222"}));
}

TEST(server_pool, is_shuffled_unless_told_otherwise) {
    options opts;
    opts.servers = {"a,b,c,d,e,f,g,h"};
    std::set<std::string> first;
    for (int round = 0; round < 200; ++round) first.insert(server_pool(opts).front().host);
    EXPECT_GT(first.size(), 1u);
}

TEST(server_pool, learns_servers_that_are_not_known) {
    server_pool pool(in_order({"u:p@a"}));
    EXPECT_TRUE(pool.learn({"a:4222", "b:1", "[::1]:2"}));
    EXPECT_EQ(names(pool), (list{"a:4222", "b:1", "[::1]:2"}));
    EXPECT_FALSE(pool.front().discovered);
    pool.rotate();
    EXPECT_TRUE(pool.front().discovered);
    EXPECT_EQ(pool.front().login.user, "u") << "the login of the server that told of it";
    EXPECT_EQ(pool.front().login.password, "p");
}

TEST(server_pool, learns_nothing_from_what_it_knows) {
    server_pool pool(in_order({"a", "b"}));
    EXPECT_FALSE(pool.learn({"b:4222", "a:4222"}));
    EXPECT_FALSE(pool.learn({}));
    EXPECT_EQ(names(pool), (list{"a:4222", "b:4222"}));
}

TEST(server_pool, forgets_discovered_servers_that_are_no_longer_told) {
    server_pool pool(in_order({"a", "b"}));
    EXPECT_TRUE(pool.learn({"c:1", "d:1"}));
    EXPECT_TRUE(pool.learn({"d:1", "e:1"}));
    EXPECT_EQ(names(pool), (list{"a:4222", "b:4222", "d:1", "e:1"}));
}

TEST(server_pool, keeps_the_server_in_use_though_it_is_no_longer_told) {
    server_pool pool(in_order({"a"}));
    pool.learn({"b:1"});
    pool.rotate();
    EXPECT_TRUE(pool.learn({"c:1"}));
    EXPECT_EQ(names(pool), (list{"b:1", "a:4222", "c:1"}));
}

TEST(server_pool, skips_told_addresses_that_it_cannot_use) {
    server_pool pool(in_order({"a"}));
    EXPECT_TRUE(pool.learn({"", "b:x", "wss://c", "d:1"}));
    EXPECT_EQ(names(pool), (list{"a:4222", "d:1"}));
}

TEST(server_pool, that_is_empty_learns_nothing) {
    server_pool pool(in_order({"a"}));
    pool.drop_front();
    EXPECT_EQ(pool.size(), 0u);
    EXPECT_FALSE(pool.learn({"b:1"}));
}

}  // namespace
}  // namespace mote::nats::detail
