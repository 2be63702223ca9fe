#pragma once

#include <mote/nats/base64url.hpp>
#include <mote/nats/nkeys.hpp>

#include <cstdint>
#include <ctime>
#include <string>

namespace mote::test {

/// An operator, an account of it, and the JWTs that they give: what the tool nsc makes.
class jwt_issuer {
public:
    /// Lines of a server's configuration that lets in the account's users, so many at a time (-1: no bound); `streams`: with
    /// JetStream; `signing_key`: a public key that may make users, too.
    std::string server_config(int connections = -1, bool streams = false, const std::string& signing_key = {}) const {
        const std::string bounds = std::to_string(connections) +
                                   (streams ? R"(,"mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1)" : "");
        const std::string keys = signing_key.empty() ? "" : R"("signing_keys":[")" + signing_key + R"("],)";
        return "operator: " + sign(operator_, operator_, "op", R"("type":"operator","version":2)") +
               "\nresolver: MEMORY\nresolver_preload: {\n  " + account_.public_key() + ": " +
               account("account", account_, bounds, keys) + "\n  " + system_.public_key() + ": " +
               account("system", system_, "-1", "") + "\n}\nsystem_account: " + system_.public_key() + "\n";
    }

    /// The JWT of a user; `ends`: so many seconds from now, 0 never.
    std::string user(const nats::nkey_pair& key, long ends = 0, const std::string& more = {}) const {
        return sign(account_, key, "user",
                    R"("pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,)" + more + R"("type":"user","version":2)",
                    ends);
    }

    const nats::nkey_pair& account() const noexcept { return account_; }

private:
    std::string account(const std::string& name, const nats::nkey_pair& key, const std::string& bounds,
                        const std::string& keys) const {
        return sign(operator_, key, name,
                    R"("limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":)" +
                        bounds + R"(,"leaf":-1},)" + keys +
                        R"("default_permissions":{"pub":{},"sub":{}},"type":"account","version":2)");
    }
    static std::string sign(const nats::nkey_pair& issuer, const nats::nkey_pair& subject, const std::string& name,
                            const std::string& nats, long ends = 0) {
        const long now = std::time(nullptr);
        static int number = 0;
        const std::string claims = R"({"jti":"TEST)" + std::to_string(++number) + R"(","iat":)" + std::to_string(now) +
                                   (ends == 0 ? "" : R"(,"exp":)" + std::to_string(now + ends)) + R"(,"iss":")" +
                                   issuer.public_key() + R"(","name":")" + name + R"(","sub":")" +
                                   subject.public_key() + R"(","nats":{)" + nats + "}}";
        const std::string text =
            nats::encode_base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "." + nats::encode_base64url(claims);
        const auto made = issuer.sign(text);
        return text + "." + nats::encode_base64url(std::string(made.begin(), made.end()));
    }

    nats::nkey_pair operator_ = nats::nkey_pair::generate(nats::nkey_kind::nats_operator);
    nats::nkey_pair account_ = nats::nkey_pair::generate(nats::nkey_kind::account);
    nats::nkey_pair system_ = nats::nkey_pair::generate(nats::nkey_kind::account);  // JetStream wants one
};

/// The text of a credentials file.
inline std::string credentials_text(const std::string& jwt, const std::string& seed) {
    return "-----BEGIN NATS USER JWT-----\n" + jwt + "\n------END NATS USER JWT------\n\n" +
           "************************* IMPORTANT *************************\n" +
           "  NKEY Seed printed below can be used to sign and prove identity.\n\n" +
           "-----BEGIN USER NKEY SEED-----\n" + seed +
           "\n------END USER NKEY SEED------\n\n*************************************************************\n";
}

}  // namespace mote::test
