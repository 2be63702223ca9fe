// JWTs of NATS that this library signs. That servers take them is shown by the logins of functions (tests/node).

#include <mote/nats/jwt.hpp>

#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/credentials_file.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace mote::nats {
namespace {

TEST(jwt, is_signed_and_says_who_what_and_of_whom) {
    const auto account = nkey_pair::generate(nkey_kind::account);
    const auto user = nkey_pair::generate(nkey_kind::user);
    const auto text = sign_jwt(account, user.public_key(), R"(quo"ted)", R"({"type":"user","subs":-1})");
    const auto second = text.rfind('.');
    const auto first = text.find('.');
    ASSERT_LT(first, second);
    const auto claims = boost::json::parse(decode_base64url(text.substr(first + 1, second - first - 1)).value());
    EXPECT_EQ(claims.at("iss").as_string(), account.public_key());
    EXPECT_EQ(claims.at("sub").as_string(), user.public_key());
    EXPECT_EQ(claims.at("name").as_string(), R"(quo"ted)");
    EXPECT_EQ(claims.at("nats"), boost::json::parse(R"({"type":"user","subs":-1,"version":2})"));
    const auto bytes = decode_base64url(text.substr(second + 1)).value();
    nkey_signature signature{};
    ASSERT_EQ(bytes.size(), signature.size());
    std::copy(bytes.begin(), bytes.end(), signature.begin());
    EXPECT_TRUE(verify_nkey_signature(account.public_key(), text.substr(0, second), signature));
    EXPECT_FALSE(verify_nkey_signature(user.public_key(), text.substr(0, second), signature));
    EXPECT_NO_THROW(detail::check_jwt("it", text));
}

TEST(jwt, is_not_made_of_claims_that_are_no_object) {
    const auto account = nkey_pair::generate(nkey_kind::account);
    for (const char* const claims : {"", "[]", "1", "{", R"({"type":"user"},)"})
        EXPECT_THROW(sign_jwt(account, "UA", "name", claims), std::invalid_argument) << claims;
}

TEST(jwt, is_in_a_credentials_file_as_it_was) {
    const auto user = nkey_pair::generate(nkey_kind::user);
    const auto jwt = sign_jwt(nkey_pair::generate(nkey_kind::account), user.public_key(), "user", "{}");
    const auto text = credentials_text(jwt, user);
    const auto read = detail::parse_credentials("it", text);
    EXPECT_EQ(read.jwt, jwt);
    EXPECT_EQ(read.seed, user.seed());
}

}  // namespace
}  // namespace mote::nats
