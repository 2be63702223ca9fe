#include <mote/nats/detail/info_json.hpp>

#include <mote/nats/error.hpp>
#include <tests/nats/recordings.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mote::nats::detail {
namespace {

bool is_refused(std::string_view text) {
    try {
        parse_info(text);
    } catch (const boost::system::system_error& failed) {
        return failed.code() == errc::protocol_error;
    }
    return false;
}

boost::json::object connect_of(const options& opts, const credentials& login = {}, const server_info& info = {}) {
    return boost::json::parse(connect_json(opts, login, info)).as_object();
}

TEST(info, has_what_the_server_says) {
    const auto info = parse_info(
        R"({"server_id":"NA","server_name":"n1","version":"2.15.2","proto":1,"go":"go1.26.8","host":"0.0.0.0",
        "port":4222,"headers":true,"max_payload":8388608,"jetstream":true,"client_id":18446744073709551615,"client_ip":"127.0.0.1",
        "auth_required":true,"tls_required":true,"tls_available":true,"nonce":"abc","cluster":"C","ldm":true,"api_lvl":5,
        "domain":"hub","remote_account":"A","acc_is_sys":true,
        "connect_urls":["10.0.0.1:4222","[::1]:4223"]})");
    EXPECT_EQ(info.server_id, "NA");
    EXPECT_EQ(info.server_name, "n1");
    EXPECT_EQ(info.version, "2.15.2");
    EXPECT_EQ(info.host, "0.0.0.0");
    EXPECT_EQ(info.port, 4222);
    EXPECT_EQ(info.client_id, 18446744073709551615u);
    EXPECT_EQ(info.client_ip, "127.0.0.1");
    EXPECT_EQ(info.max_payload, 8388608u);
    EXPECT_TRUE(info.headers);
    EXPECT_TRUE(info.jetstream);
    EXPECT_TRUE(info.auth_required);
    EXPECT_TRUE(info.tls_required);
    EXPECT_TRUE(info.tls_available);
    EXPECT_TRUE(info.lame_duck);
    EXPECT_EQ(info.api_level, 5);
    EXPECT_EQ(info.protocol, 1);
    EXPECT_EQ(info.domain, "hub");
    EXPECT_EQ(info.account, "A");
    EXPECT_TRUE(info.system_account);
    EXPECT_EQ(info.cluster, "C");
    EXPECT_EQ(info.nonce, "abc");
    EXPECT_EQ(info.connect_urls, (std::vector<std::string>{"10.0.0.1:4222", "[::1]:4223"}));
}

TEST(info, has_defaults_for_what_an_old_server_does_not_say) {
    const auto info = parse_info("{}");
    EXPECT_EQ(info.server_id, "");
    EXPECT_EQ(info.max_payload, 1024u * 1024);
    EXPECT_FALSE(info.headers);
    EXPECT_FALSE(info.auth_required);
    EXPECT_FALSE(info.lame_duck);
    EXPECT_EQ(info.protocol, 0);
    EXPECT_EQ(info.domain + info.account, "");
    EXPECT_FALSE(info.system_account);
    EXPECT_TRUE(info.connect_urls.empty());
}

TEST(info, keeps_defaults_where_a_member_has_another_type_or_does_not_fit) {
    const auto info =
        parse_info(R"({"server_id":1,"headers":"yes","port":65536,"client_id":-1,"max_payload":"1","jetstream":null,
        "api_lvl":99999999999,"connect_urls":["a",1,null,"b"],"later":{"x":[1,2,{}]}})");
    EXPECT_EQ(info.server_id, "");
    EXPECT_FALSE(info.headers);
    EXPECT_EQ(info.port, 0);
    EXPECT_EQ(info.client_id, 0u);
    EXPECT_EQ(info.max_payload, 1024u * 1024);
    EXPECT_EQ(info.api_level, 0);
    EXPECT_EQ(info.connect_urls, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(parse_info(R"({"connect_urls":"a"})").connect_urls.empty());
}

TEST(info, that_is_no_json_object_is_an_error) {
    for (const std::string_view text :
         {"", " ", "null", "[]", "1", "\"x\"", "{", "{}}", "{\"a\":}", "{'a':1}", "{\"server_id\":\"\xff\"}"})
        EXPECT_TRUE(is_refused(text)) << text;
    EXPECT_TRUE(is_refused("{\"a\":" + std::string(100000, '[')));  // deeper than is read
}

TEST(info, of_recorded_servers_is_read) {
    const auto recorded = test::load_recordings();
    if (recorded.empty()) GTEST_SKIP() << "no shared directory with recordings";
    std::size_t infos = 0;
    for (const auto& bytes : recorded.from_server) {
        if (!bytes.starts_with("INFO ")) continue;
        const auto info = parse_info(std::string_view(bytes).substr(5, bytes.size() - 7));
        EXPECT_EQ(info.server_id.size(), 56u);
        EXPECT_TRUE(info.headers);
        EXPECT_TRUE(info.jetstream);
        EXPECT_EQ(info.max_payload, 1048576u);
        EXPECT_NE(info.port, 0);
        EXPECT_NE(info.client_id, 0u);
        ++infos;
    }
    EXPECT_GE(infos, 9u);
}

TEST(connect, says_who_we_are) {
    options opts;
    opts.name = "orders \"1\"";
    const auto said = connect_of(opts);
    EXPECT_EQ(said.at("verbose"), false);
    EXPECT_EQ(said.at("pedantic"), false);
    EXPECT_EQ(said.at("tls_required"), false);
    EXPECT_NE(connect_json(opts, {}, {}, true).find("\"tls_required\":true"), std::string::npos);
    EXPECT_EQ(said.at("name"), "orders \"1\"");
    EXPECT_EQ(said.at("lang"), "c++");
    EXPECT_FALSE(said.at("version").as_string().empty());
    EXPECT_EQ(said.at("protocol"), 1);
    EXPECT_EQ(said.at("echo"), true);
}

TEST(connect, leaves_out_credentials_that_are_not_there) {
    for (const auto* const key : {"jwt", "nkey", "sig", "user", "pass", "auth_token"})
        EXPECT_FALSE(connect_of({}).contains(key)) << key;
}

TEST(connect, has_the_credentials) {
    credentials login;
    login.user = "u";
    login.password = "p\"\\";
    login.token = "t";
    login.jwt = "j";
    login.nkey = "n";
    login.signature = "s";
    const auto said = connect_of({}, login);
    EXPECT_EQ(said.at("user"), "u");
    EXPECT_EQ(said.at("pass"), "p\"\\");
    EXPECT_EQ(said.at("auth_token"), "t");
    EXPECT_EQ(said.at("jwt"), "j");
    EXPECT_EQ(said.at("nkey"), "n");
    EXPECT_EQ(said.at("sig"), "s");
}

TEST(connect, asks_for_headers_and_no_responders_where_the_server_has_headers) {
    server_info info;
    EXPECT_EQ(connect_of({}, {}, info).at("headers"), false);
    EXPECT_EQ(connect_of({}, {}, info).at("no_responders"), false);
    info.headers = true;
    EXPECT_EQ(connect_of({}, {}, info).at("headers"), true);
    EXPECT_EQ(connect_of({}, {}, info).at("no_responders"), true);
}

TEST(connect, can_refuse_echo_and_is_one_line) {
    options opts;
    opts.echo = false;
    opts.name = "a\r\nPING\r\n";
    EXPECT_EQ(connect_of(opts).at("echo"), false);
    EXPECT_EQ(connect_json(opts, {}, {}).find_first_of("\r\n"), std::string::npos);
}

}  // namespace
}  // namespace mote::nats::detail
