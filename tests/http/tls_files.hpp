#pragma once

#include <tests/support/temp_dir.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace mote::test {

/// Files of a new key and its certificate: signed by itself, good for one hour and for 127.0.0.1 only.
class tls_files {
public:
    tls_files() {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> own(EVP_EC_gen("P-256"), &EVP_PKEY_free);
        const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
        X509_set_pubkey(made.get(), own.get());
        const auto text = reinterpret_cast<const unsigned char*>("mote test");
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, text, -1, -1, 0);
        X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> address(
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), &X509_EXTENSION_free);
        X509_add_ext(made.get(), address.get(), -1);
        X509_sign(made.get(), own.get(), EVP_sha256());
        write(certificate(), [&](std::FILE* file) { return PEM_write_X509(file, made.get()); });
        write(key(), [&](std::FILE* file) {
            return PEM_write_PrivateKey(file, own.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    std::string certificate() const { return (folder_.path() / "certificate.pem").string(); }
    std::string key() const { return (folder_.path() / "key.pem").string(); }

private:
    template <class Writer>
    static void write(const std::string& path, Writer writer) {
        const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), &std::fclose);
        if (!file || writer(file.get()) != 1) throw std::runtime_error("cannot write " + path);
    }

    temp_dir folder_;
};

}  // namespace mote::test
