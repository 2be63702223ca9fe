#include <mote/nats/authenticator.hpp>

#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/credentials_file.hpp>
#include <mote/nats/detail/secret_source.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/nkeys.hpp>

#include <utility>

namespace mote::nats {
namespace {

using detail::name_of_source;
using detail::read_secret;

void require_nonce(const challenge& asked) {
    if (asked.nonce.empty()) throw_error(errc::not_supported, "an NKey at a server that gives no nonce to sign");
}

nkey_pair user_key(std::string_view name, std::string_view seed) {
    try {
        auto key = nkey_pair::from_seed(seed);
        if (key.kind() == nkey_kind::user) return key;
    } catch (const boost::system::system_error& failed) {
        std::string why = failed.what();  // ends with the text of the code, which the new one has again
        const auto code_text = ": " + failed.code().what();
        if (why.ends_with(code_text)) why.resize(why.size() - code_text.size());
        throw_error(errc::bad_credentials, std::string(name) + ": " + why);
    }
    throw_error(errc::bad_credentials, std::string(name) + ": the seed is not that of a user");
}

std::string signature_of(const nkey_pair& key, const std::string& nonce) {
    const auto made = key.sign(nonce);
    return encode_base64url({reinterpret_cast<const char*>(made.data()), made.size()});
}

class nkey_file final : public authenticator {
public:
    explicit nkey_file(std::string source) : source_(std::move(source)) {}

    credentials authenticate(const challenge& asked) override {
        require_nonce(asked);
        const auto name = name_of_source(source_);
        const auto text = read_secret(source_);
        const auto key = user_key(name, detail::seed_in(name, text.view()));
        credentials given;
        given.nkey = key.public_key();
        given.signature = signature_of(key, asked.nonce);
        return given;
    }

private:
    std::string source_;
};

class credentials_of_file final : public authenticator {
public:
    explicit credentials_of_file(std::string source) : source_(std::move(source)) {}

    credentials authenticate(const challenge& asked) override {
        const auto name = name_of_source(source_);
        const auto text = read_secret(source_);
        const auto file = detail::parse_credentials(name, text.view());
        const auto key = user_key(name, file.seed);
        credentials given;
        given.jwt = file.jwt;
        if (!asked.nonce.empty()) given.signature = signature_of(key, asked.nonce);
        return given;
    }

private:
    std::string source_;
};

class signed_nkey final : public authenticator {
public:
    signed_nkey(std::string public_key, nonce_signer sign)
        : public_key_(std::move(public_key)), sign_(std::move(sign)) {}

    credentials authenticate(const challenge& asked) override {
        require_nonce(asked);
        credentials given;
        given.nkey = public_key_;
        given.signature = encode_base64url(sign_(asked.nonce));
        return given;
    }

private:
    std::string public_key_;
    nonce_signer sign_;
};

class signed_jwt final : public authenticator {
public:
    signed_jwt(std::function<std::string()> jwt, nonce_signer sign) : jwt_(std::move(jwt)), sign_(std::move(sign)) {}

    credentials authenticate(const challenge& asked) override {
        credentials given;
        given.jwt = jwt_();
        detail::check_jwt("the user's JWT", given.jwt);
        if (sign_ && !asked.nonce.empty()) given.signature = encode_base64url(sign_(asked.nonce));
        return given;
    }

private:
    std::function<std::string()> jwt_;
    nonce_signer sign_;
};

}  // namespace

std::shared_ptr<authenticator> nkey_authenticator(std::string source) {
    return std::make_shared<nkey_file>(std::move(source));
}

std::shared_ptr<authenticator> nkey_authenticator(std::string public_key, nonce_signer sign) {
    if (kind_of_public_nkey(public_key) != nkey_kind::user)
        throw_error(errc::bad_credentials, "not the public NKey of a user");
    return std::make_shared<signed_nkey>(std::move(public_key), std::move(sign));
}

std::shared_ptr<authenticator> credentials_file_authenticator(std::string source) {
    return std::make_shared<credentials_of_file>(std::move(source));
}

std::shared_ptr<authenticator> user_jwt_authenticator(std::function<std::string()> jwt, nonce_signer sign) {
    return std::make_shared<signed_jwt>(std::move(jwt), std::move(sign));
}

}  // namespace mote::nats
