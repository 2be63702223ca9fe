#include <mote/nats/jwt.hpp>

#include <mote/nats/base64url.hpp>
#include <mote/nats/nuid.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <openssl/crypto.h>
#include <stdexcept>
#include <utility>

namespace mote::nats {
namespace {

namespace json = boost::json;

constexpr std::string_view header = R"({"typ":"JWT","alg":"ed25519-nkey"})";

json::object object_of(std::string_view claims) {
    boost::system::error_code failed;
    auto read = json::parse(json::string_view(claims.data(), claims.size()), failed);
    if (failed || !read.is_object()) throw std::invalid_argument("sign_jwt: the claims are not a JSON object");
    auto object = std::move(read.get_object());
    object["version"] = 2;
    return object;
}

}  // namespace

std::string sign_jwt(const nkey_pair& issuer, std::string_view subject, std::string_view name,
                     std::string_view claims) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    json::object all;
    all["jti"] = next_nuid();
    all["iat"] = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    all["iss"] = issuer.public_key();
    all["name"] = name;
    all["sub"] = subject;
    all["nats"] = object_of(claims);
    const auto text = encode_base64url(header) + "." + encode_base64url(json::serialize(all));
    const auto signature = issuer.sign(text);
    return text + "." + encode_base64url(std::string(signature.begin(), signature.end()));
}

std::string credentials_text(std::string_view jwt, const nkey_pair& user) {
    constexpr std::string_view before = "-----BEGIN NATS USER JWT-----\n";
    constexpr std::string_view between = "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n";
    constexpr std::string_view behind = "\n------END USER NKEY SEED------\n";
    auto seed = user.seed();
    std::string text;
    text.reserve(before.size() + jwt.size() + between.size() + seed.size() + behind.size());  // moves no seed
    text.append(before).append(jwt).append(between).append(seed).append(behind);
    OPENSSL_cleanse(seed.data(), seed.size());
    return text;
}

}  // namespace mote::nats
