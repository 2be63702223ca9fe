#include <tests/http/fixture.hpp>

#include <boost/asio/ssl/context.hpp>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace mote::test {
namespace {

using http::errc;

using certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Signed by itself, good for one hour and for 127.0.0.1 only.
certificate make_certificate(EVP_PKEY* own) {
    certificate made(X509_new(), &X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), own);
    X509_NAME* const name = X509_get_subject_name(made.get());
    const auto text = reinterpret_cast<const unsigned char*>("mote test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    for (const auto& [id, value] :
         {std::pair(NID_subject_alt_name, "IP:127.0.0.1"), std::pair(NID_basic_constraints, "CA:TRUE")}) {
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, id, value), &X509_EXTENSION_free);
        X509_add_ext(made.get(), extension.get(), -1);
    }
    X509_sign(made.get(), own, EVP_sha256());
    return made;
}

class http_tls : public http_test {
public:
    ~http_tls() override { ::unlink(ca_file.c_str()); }

protected:
    http_tls() : own_key(EVP_EC_gen("P-256"), &EVP_PKEY_free), own(make_certificate(own_key.get())) {
        tls = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
        SSL_CTX_use_certificate(tls->native_handle(), own.get());
        SSL_CTX_use_PrivateKey(tls->native_handle(), own_key.get());
        server = std::make_unique<http_server>(
            io.get_executor(), [](const http_question&) { return http_answer(200, "safe"); }, tls);
        const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(::fdopen(::mkstemp(ca_file.data()), "w"),
                                                                      &std::fclose);
        PEM_write_X509(file.get(), own.get());
    }

    key own_key;
    certificate own;
    std::shared_ptr<boost::asio::ssl::context> tls;
    std::unique_ptr<http_server> server;
    std::string ca_file = ::testing::TempDir() + "mote-http-ca-XXXXXX";
};

TEST_F(http_tls, a_certificate_that_nobody_vouches_for_is_refused) {
    http::client client(io.get_executor(), quick());
    const auto got = finish(client.get(server->url()));
    EXPECT_EQ(got->error, errc::tls_failed) << got->what;
    EXPECT_NE(got->what.find("certificate"), std::string::npos) << got->what;
    EXPECT_EQ(client.retried(), 0U);
    EXPECT_TRUE(server->questions().empty());
}

TEST_F(http_tls, the_authority_of_the_options_is_trusted) {
    auto options = quick();
    options.ca_file = ca_file;
    options.max_connections = 4;
    http::client client(io.get_executor(), options);
    std::vector<std::shared_ptr<http_outcome>> all;
    for (int i = 0; i < 100; ++i) all.push_back(start(client.get(server->url())));
    for (const auto& one : all) {
        until([&] { return one->done; });
        ASSERT_TRUE(one->response) << one->what;
        EXPECT_EQ(one->response->body, "safe");
    }
    EXPECT_LE(server->accepted(), 4U);
}

TEST_F(http_tls, a_certificate_of_another_host_is_refused) {
    auto options = quick();
    options.ca_file = ca_file;
    http::client client(io.get_executor(), options);
    const auto got = finish(client.get("https://localhost:" + std::to_string(server->port()) + "/"));
    EXPECT_EQ(got->error, errc::tls_failed) << got->what;
    EXPECT_TRUE(server->questions().empty());
}

TEST_F(http_tls, an_authority_file_that_is_not_there_is_named) {
    auto options = quick();
    options.ca_file = "/does/not/exist.pem";
    http::client client(io.get_executor(), options);
    const auto got = finish(client.get(server->url()));
    EXPECT_EQ(got->error, errc::tls_failed) << got->what;
    EXPECT_NE(got->what.find("/does/not/exist.pem"), std::string::npos) << got->what;
}

TEST_F(http_tls, no_redirect_leads_out_of_tls) {
    http_server plain(io.get_executor(), [](const http_question&) { return http_answer(200, "plain"); });
    http_server secure(
        io.get_executor(),
        [&](const http_question&) { return http_answer(302, "", "Location: " + plain.url() + "\r\n"); }, tls);
    auto options = quick();
    options.ca_file = ca_file;
    http::client client(io.get_executor(), options);
    EXPECT_EQ(finish(client.get(secure.url()))->error, errc::bad_redirect);
    EXPECT_EQ(plain.accepted(), 0U);
}

}  // namespace
}  // namespace mote::test
