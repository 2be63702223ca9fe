#pragma once

#include <tests/support/temp_dir.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace mote::test {

/// Paths of a certificate and its key, PEM both.
struct certificate_files {
    std::string certificate;
    std::string key;
};

/// An authority of a test's own, and the certificates that it gives out. All files go with it.
class certificate_authority {
public:
    certificate_authority()
        : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), own_(begin("mote test authority", 3600, key_.get())) {
        X509_set_issuer_name(own_.get(), X509_get_subject_name(own_.get()));
        extend(own_.get(), NID_basic_constraints, "critical,CA:TRUE");
        extend(own_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
        X509_sign(own_.get(), key_.get(), EVP_sha256());
        write(file(), [&](std::FILE* into) { return PEM_write_X509(into, own_.get()); });
    }

    /// Its own certificate, to be trusted.
    std::string file() const { return path("authority.pem"); }

    /// A certificate for names such as `DNS:localhost,IP:127.0.0.1`, which ends so many seconds from now.
    certificate_files give(const std::string& names, long ends = 3600) {
        const auto number = std::to_string(++given_);
        const certificate_files files{path(number + ".pem"), path(number + ".key")};
        const key_handle key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
        const auto made = begin("mote test " + number, ends, key.get());
        X509_set_issuer_name(made.get(), X509_get_subject_name(own_.get()));
        extend(made.get(), NID_subject_alt_name, names);
        X509_sign(made.get(), key_.get(), EVP_sha256());
        write(files.certificate, [&](std::FILE* into) { return PEM_write_X509(into, made.get()); });
        write(files.key, [&](std::FILE* into) {
            return PEM_write_PrivateKey(into, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
        return files;
    }

    /// A key file that needs a passphrase.
    std::string encrypted_key() const {
        write(path("encrypted.key"), [&](std::FILE* into) {
            return PEM_write_PrivateKey(into, key_.get(), EVP_aes_128_cbc(),
                                        reinterpret_cast<const unsigned char*>("pass"), 4, nullptr, nullptr);
        });
        return path("encrypted.key");
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

private:
    using key_handle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
    using certificate_handle = std::unique_ptr<X509, decltype(&X509_free)>;

    static certificate_handle begin(const std::string& name, long ends, EVP_PKEY* key) {
        static long serial = 0;
        certificate_handle made(X509_new(), &X509_free);
        X509_set_version(made.get(), X509_VERSION_3);
        const auto unique = name + " " + std::to_string(++serial);  // else authorities are taken for each other
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -7200);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), ends);
        X509_set_pubkey(made.get(), key);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(unique.c_str()), -1, -1, 0);
        return made;
    }

    static void extend(X509* certificate, int what, const std::string& value) {
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
            X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()), &X509_EXTENSION_free);
        if (made == nullptr || X509_add_ext(certificate, made.get(), -1) != 1)
            throw std::runtime_error("no such extension: " + value);
    }

    template <class Writer>
    static void write(const std::string& path, Writer writer) {
        const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), &std::fclose);
        if (!file || writer(file.get()) != 1) throw std::runtime_error("cannot write " + path);
    }

    temp_dir folder_;
    key_handle key_;
    certificate_handle own_;
    int given_ = 0;
};

}  // namespace mote::test
