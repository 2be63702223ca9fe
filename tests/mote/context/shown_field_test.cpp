// What of a context may be shown.

#include <apps/mote/context/shown_field.hpp>

#include <gtest/gtest.h>

#include <string>

namespace mote::test {
namespace {

using command::shown_field;
using command::without_logins;

TEST(shown_field_of_context, hides_what_is_before_the_at_of_an_address) {
    EXPECT_EQ(without_logins("nats://host:4222"), "nats://host:4222");
    EXPECT_EQ(without_logins("nats://user:pass@host"), "nats://********@host");
    EXPECT_EQ(without_logins("token@host,b"), "********@host,b");
    EXPECT_EQ(without_logins("nats://a:b@c@host/path@x"), "nats://********@x") << "what is wrong shows least";
    for (const char* password : {"geh/eim", "geh?eim", "geh#eim", "geh@eim", "geh:eim"})
        EXPECT_EQ(without_logins("nats://bob:" + std::string(password) + "@host:4222"), "nats://********@host:4222")
            << password;
    EXPECT_EQ(without_logins("nats://bob:geh,eim@host:4222"), "nats://********,********@host:4222");
    EXPECT_EQ(without_logins("nats://[::1]:4222,tls://h:4443/"), "nats://[::1]:4222,tls://h:4443/");
    EXPECT_EQ(without_logins(""), "");
}

TEST(shown_field_of_context, hides_secrets_and_what_it_does_not_know) {
    for (const std::string field : {"password", "token", "user_seed", "user_jwt", "future"})
        EXPECT_EQ(shown_field(field, "secret"), "********") << field;
    EXPECT_EQ(shown_field("token", "env://TOKEN"), "env://TOKEN");
    EXPECT_EQ(shown_field("creds", "/a.creds"), "/a.creds");
    EXPECT_EQ(shown_field("creds", "data:;base64,c2VjcmV0"), "data:") << "what it holds itself";
    EXPECT_EQ(shown_field("token", "data:;base64,c2VjcmV0"), "********");
    EXPECT_EQ(shown_field("nkey", std::string("SU") + std::string(56, 'A')), "********")
        << "a seed instead of its file";
    EXPECT_EQ(shown_field("nkey", std::string("SU") + std::string(49, 'A')), "********") << "the most of one";
    const std::string seed = "SU" + std::string(56, 'A');
    for (const auto& text : {seed + " ", " " + seed, seed + "\r", "\t" + seed, '"' + seed + '"', "'" + seed + "'",
                             "seed=" + seed, "file:// " + seed, "env://" + seed})
        for (const char* field : {"nkey", "creds", "key", "token"})
            EXPECT_EQ(shown_field(field, text).find(seed), std::string::npos) << field << ": " << text;
    const std::string of_nsc = "/home/a/.nkeys/keys/U/AS/UASA" + std::string(52, 'B') + ".nk";
    EXPECT_EQ(shown_field("nkey", of_nsc), of_nsc) << "a file that has its name from a public key";
    EXPECT_EQ(shown_field("key", "-----BEGIN PRIVATE KEY-----\n"), "********") << "what is in the file";
    const std::string path = "Secrets/of/the/team/that/orders/all/the/tea/there/is/tea.nk";
    EXPECT_EQ(shown_field("nkey", path), path);
    EXPECT_EQ(shown_field("description", "secretary"), "secretary");
}

}  // namespace
}  // namespace mote::test
