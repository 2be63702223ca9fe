#include <mote/nats/authenticator.hpp>

#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/credentials_file.hpp>
#include <mote/nats/detail/secret_source.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nkeys.hpp>
#include <tests/nats/jwt.hpp>
#include <tests/nats/live.hpp>
#include <tests/support/temp_dir.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace mote::test {
namespace {

using nats::errc;
using nats::nkey_kind;
using nats::nkey_pair;
using nats::detail::read_secret;

constexpr const char* some_jwt = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVIn0.c2lnbmF0dXJl";

/// A folder of secrets, and what reading them comes to.
class secrets : public ::testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = folder.path() / name;
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    static nats::challenge asked() {
        nats::challenge said;
        said.nonce = "n0nce";
        said.required = true;
        return said;
    }
    /// Expects a refusal with this code that has `part` in its text, and neither seed nor JWT.
    void expect_refusal(const std::shared_ptr<nats::authenticator>& login, errc code, const std::string& part) const {
        const auto seen = failure_at_once([&] { login->authenticate(asked()); });
        EXPECT_EQ(seen.code, code) << seen.text;
        EXPECT_TRUE(contains(seen.text, part)) << seen.text;
        EXPECT_FALSE(contains(seen.text, key.seed())) << seen.text;
        EXPECT_FALSE(contains(seen.text, some_jwt)) << seen.text;
    }
    void expect_signed(const nats::credentials& given) const {
        EXPECT_EQ(given.signature, nats::encode_base64url([&] {
                      const auto made = key.sign("n0nce");
                      return std::string(made.begin(), made.end());
                  }()));
    }

    temp_dir folder;
    nkey_pair key = nkey_pair::generate(nkey_kind::user);
};

// ---- where a secret is kept

TEST_F(secrets, are_read_from_files_variables_and_data) {
    const auto path = write("secret", "text\n");
    EXPECT_EQ(read_secret(path).view(), "text\n");
    EXPECT_EQ(read_secret("file://" + path).view(), "text\n");
    EXPECT_EQ(read_secret("data:;base64,dGV4dA==").view(), "text");
    EXPECT_EQ(read_secret("data:application/octet-stream;base64,dGV4dA==").view(), "text");
    ::setenv("MOTE_TEST_SECRET", "text", 1);
    EXPECT_EQ(read_secret("env://MOTE_TEST_SECRET").view(), "text");
    ::setenv("MOTE_TEST_SECRET", "", 1);
    EXPECT_EQ(failure_at_once([] { read_secret("env://MOTE_TEST_SECRET"); }).code, errc::bad_credentials);
    ::unsetenv("MOTE_TEST_SECRET");
    const auto unset = failure_at_once([] { read_secret("env://MOTE_TEST_SECRET"); });
    EXPECT_EQ(unset.code, errc::bad_credentials);
    EXPECT_TRUE(contains(unset.text, "env://MOTE_TEST_SECRET: this variable is not set")) << unset.text;
}

TEST_F(secrets, that_cannot_be_read_are_named_and_not_shown) {
    const auto absent = (folder.path() / "absent").string();
    auto seen = failure_at_once([&] { read_secret(absent); });
    EXPECT_EQ(seen.code, errc::bad_credentials);
    EXPECT_TRUE(contains(seen.text, absent + ": No such file or directory")) << seen.text;
    seen = failure_at_once([&] { read_secret(folder.path().string()); });
    EXPECT_EQ(seen.code, errc::bad_credentials) << "a directory";
    const auto large = write("large", std::string(1024 * 1024 + 1, 'x'));
    seen = failure_at_once([&] { read_secret(large); });
    EXPECT_TRUE(contains(seen.text, "larger than 1 MiB")) << seen.text;
    for (const char* data : {"data:dGV4dA==", "data:,dGV4dA==", "data:;base64,dGV4dA", "data:;base64,dGV4 dA=="}) {
        seen = failure_at_once([&] { read_secret(data); });
        EXPECT_EQ(seen.code, errc::bad_credentials) << data;
        EXPECT_FALSE(contains(seen.text, "dGV4")) << seen.text;
    }
    const std::string seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    const std::string block = "-----BEGIN USER NKEY SEED-----\n" + seed + "\n";
    for (const std::string& secret :
         {seed, "file://" + seed, block, "-----BEGIN PRIVATE KEY----- " + seed, seed + " ", '"' + seed + "\"\r"}) {
        seen = failure_at_once([&] { read_secret(secret); });
        EXPECT_EQ(seen.code, errc::bad_credentials);
        EXPECT_FALSE(contains(seen.text, "SUAC")) << seen.text;
        EXPECT_TRUE(contains(seen.text, "a secret in place of its file's name")) << seen.text;
    }
    for (const char* foreign : {"op://vault/item/field", "nsc://operator/account/user"}) {
        seen = failure_at_once([&] { read_secret(foreign); });
        EXPECT_EQ(seen.code, errc::not_supported);
        EXPECT_TRUE(contains(seen.text, foreign)) << seen.text;
    }
}

// ---- NKeys

TEST_F(secrets, have_an_nkey_alone_or_in_a_block) {
    for (const std::string& text :
         {key.seed(), key.seed() + "\n", "# of a service\n\n  " + key.seed() + "\r\n",
          "-----BEGIN USER NKEY SEED-----\n" + key.seed() + "\n------END USER NKEY SEED------\n",
          credentials_text(some_jwt, key.seed())}) {
        const auto given = nats::nkey_authenticator(write("nkey", text))->authenticate(asked());
        EXPECT_EQ(given.nkey, key.public_key());
        EXPECT_EQ(given.jwt, "");
        expect_signed(given);
    }
}

TEST_F(secrets, with_an_nkey_that_is_none_are_refused) {
    expect_refusal(nats::nkey_authenticator(write("nkey", "")), errc::bad_credentials, "no seed");
    expect_refusal(nats::nkey_authenticator(write("nkey", "\n# " + key.seed())), errc::bad_credentials, "no seed");
    expect_refusal(nats::nkey_authenticator(write("nkey", key.seed() + key.seed())), errc::bad_credentials,
                   "not the seed");
    expect_refusal(nats::nkey_authenticator(write("nkey", key.seed() + "x")), errc::bad_credentials,
                   "nkey: not the seed");
    expect_refusal(nats::nkey_authenticator(write("nkey", key.public_key())), errc::bad_credentials, "length");
    const auto account = nkey_pair::generate(nkey_kind::account).seed();
    expect_refusal(nats::nkey_authenticator(write("nkey", account)), errc::bad_credentials, "not that of a user");
    expect_refusal(nats::nkey_authenticator("data:;base64,AAAA"), errc::bad_credentials, "data:: not the seed");
}

TEST_F(secrets, are_of_no_use_where_no_nonce_is_to_be_signed) {
    const auto seen =
        failure_at_once([&] { nats::nkey_authenticator(write("nkey", key.seed()))->authenticate(nats::challenge()); });
    EXPECT_EQ(seen.code, errc::not_supported);
    EXPECT_TRUE(contains(seen.text, "nonce")) << seen.text;
    const auto login = nats::credentials_file_authenticator(write("c", credentials_text(some_jwt, key.seed())));
    const auto given = login->authenticate(nats::challenge());
    EXPECT_EQ(given.jwt, some_jwt);
    EXPECT_EQ(given.signature, "");
}

// ---- credentials files

TEST_F(secrets, have_a_jwt_and_a_seed_in_a_credentials_file) {
    auto crlf = credentials_text(some_jwt, key.seed());
    for (std::size_t at = 0; (at = crlf.find('\n', at)) != std::string::npos; at += 2) crlf.insert(at, "\r");
    for (const std::string& text : {credentials_text(some_jwt, key.seed()), crlf,
                                    "before\n" + credentials_text("  " + std::string(some_jwt) + " ", key.seed())}) {
        const auto given = nats::credentials_file_authenticator(write("c", text))->authenticate(asked());
        EXPECT_EQ(given.jwt, some_jwt);
        EXPECT_EQ(given.nkey, "");
        expect_signed(given);
    }
}

TEST_F(secrets, are_read_again_each_time) {
    const auto path = write("c", credentials_text(some_jwt, nkey_pair::generate(nkey_kind::user).seed()));
    const auto login = nats::credentials_file_authenticator(path);
    login->authenticate(asked());
    write("c", credentials_text("YQ.YQ.YQ", key.seed()));
    const auto given = login->authenticate(asked());
    EXPECT_EQ(given.jwt, "YQ.YQ.YQ");
    expect_signed(given);
    std::filesystem::remove(path);
    expect_refusal(login, errc::bad_credentials, path + ": No such file");
}

TEST_F(secrets, of_an_nkey_are_read_again_each_time) {
    const auto before = nkey_pair::generate(nkey_kind::user);
    const auto path = write("nkey", before.seed());
    const auto login = nats::nkey_authenticator(path);
    EXPECT_EQ(login->authenticate(asked()).nkey, before.public_key());
    write("nkey", key.seed() + "\n");
    const auto given = login->authenticate(asked());
    EXPECT_EQ(given.nkey, key.public_key());
    expect_signed(given);
    std::filesystem::remove(path);
    expect_refusal(login, errc::bad_credentials, path + ": No such file");
}

TEST_F(secrets, that_are_garbage_are_refused_and_not_shown) {
    const std::string jwt_block =
        "-----BEGIN NATS USER JWT-----\n" + std::string(some_jwt) + "\n------END NATS USER JWT------\n";
    const std::string seed_block =
        "-----BEGIN USER NKEY SEED-----\n" + key.seed() + "\n------END USER NKEY SEED------\n";
    struct example {
        std::string text, part;
    };
    const example examples[] = {
        {"", "no JWT"},
        {std::string("\0\xff\n-----BEGIN", 12), "no JWT"},
        {some_jwt, "no JWT"},
        {seed_block, "no JWT"},
        {jwt_block, "no seed"},
        {jwt_block + jwt_block + seed_block, "more than one JWT"},
        {jwt_block + seed_block + seed_block, "more than one seed"},
        {jwt_block + "-----BEGIN USER NKEY SEED-----\n" + key.seed(), "no end"},
        {jwt_block + "-----BEGIN USER NKEY SEED-----\n------END USER NKEY SEED------\n", "empty"},
        {jwt_block + "-----BEGIN USER NKEY SEED-----\n" + key.seed() + "\n" + key.seed() + "\n------END SEED------\n",
         "more than one line"},
        {credentials_text("no.jwt", key.seed()), "the JWT is none"},
        {credentials_text("a..b", key.seed()), "the JWT is none"},
        {credentials_text("YQ.YQ.YQ.YQ", key.seed()), "the JWT is none"},
        {credentials_text("YQ.YQ.Y Q", key.seed()), "the JWT is none"},
        {credentials_text(some_jwt, key.seed().substr(2)), "not the seed"},
        {credentials_text(some_jwt, nkey_pair::generate(nkey_kind::account).seed()), "not that of a user"},
    };
    for (const auto& each : examples)
        expect_refusal(nats::credentials_file_authenticator(write("c", each.text)), errc::bad_credentials, each.part);
}

// ---- signing elsewhere

TEST_F(secrets, may_be_kept_where_this_process_does_not_see_them) {
    const nats::nonce_signer sign = [this](std::string_view nonce) {
        const auto made = key.sign(nonce);
        return std::string(made.begin(), made.end());
    };
    auto given = nats::nkey_authenticator(key.public_key(), sign)->authenticate(asked());
    EXPECT_EQ(given.nkey, key.public_key());
    expect_signed(given);
    int calls = 0;
    const auto login = nats::user_jwt_authenticator([&] { return ++calls == 1 ? some_jwt : "YQ.YQ.YQ"; }, sign);
    given = login->authenticate(asked());
    EXPECT_EQ(given.jwt, some_jwt);
    expect_signed(given);
    EXPECT_EQ(login->authenticate(asked()).jwt, "YQ.YQ.YQ");
    given = nats::user_jwt_authenticator([] { return some_jwt; }, {})->authenticate(asked());
    EXPECT_EQ(given.jwt + given.signature + given.nkey, some_jwt) << "a bearer token";
    expect_refusal(nats::user_jwt_authenticator([] { return "no jwt"; }, sign), errc::bad_credentials, "none");
    EXPECT_EQ(failure_at_once([&] { nats::nkey_authenticator("UANOKEY", sign); }).code, errc::bad_credentials);
}

}  // namespace
}  // namespace mote::test
