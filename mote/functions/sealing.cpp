#include <mote/functions/sealing.hpp>

#include <mote/functions/detail/key_file.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdexcept>

namespace mote::functions {
namespace {

constexpr unsigned char version = 1;
constexpr std::string_view key_scheme = "x25519:";
constexpr std::string_view purpose = "mote.functions secret 1";
constexpr std::size_t tag_size = 16;
constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t head_size = 1 + sealing_public_key::size;

using public_bytes = std::array<unsigned char, sealing_public_key::size>;

/// OpenSSL's own wipe what is private in them.
template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* owned) const noexcept {
        Free(owned);
    }
};
using owned_pkey = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<&EVP_PKEY_CTX_free>>;
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed_by<&EVP_CIPHER_CTX_free>>;
using kdf = std::unique_ptr<EVP_KDF, freed_by<&EVP_KDF_free>>;
using kdf_context = std::unique_ptr<EVP_KDF_CTX, freed_by<&EVP_KDF_CTX_free>>;

void check(bool fine) {
    if (!fine) throw std::runtime_error("OpenSSL cannot seal or open");
}

/// Bytes that are overwritten at the end.
template <std::size_t Size>
struct wiped_bytes {
    wiped_bytes() = default;
    wiped_bytes(const wiped_bytes&) = delete;
    wiped_bytes& operator=(const wiped_bytes&) = delete;
    ~wiped_bytes() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

    std::array<unsigned char, Size> bytes{};
};
using shared_secret = wiped_bytes<32>;
using key_and_nonce = wiped_bytes<key_size + nonce_size>;

unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
std::string_view text_of(const public_bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

owned_pkey generate_key() {
    owned_pkey made(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    check(made != nullptr);
    return made;
}

public_bytes public_of(const EVP_PKEY& key) {
    public_bytes bytes{};
    std::size_t size = bytes.size();
    check(EVP_PKEY_get_raw_public_key(&key, bytes.data(), &size) == 1 && size == bytes.size());
    return bytes;
}

/// False for a public key that gives nothing: one of the few that everybody knows the outcome of.
bool agree(EVP_PKEY& own, const public_bytes& other, shared_secret& agreed) {
    const owned_pkey peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, other.data(), other.size()));
    const pkey_context context(EVP_PKEY_CTX_new(&own, nullptr));
    check(peer != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
    if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1) return false;
    std::size_t size = agreed.bytes.size();
    return EVP_PKEY_derive(context.get(), agreed.bytes.data(), &size) == 1 && size == agreed.bytes.size();
}

OSSL_PARAM octets(const char* name, std::string_view bytes) {
    // OpenSSL only reads it; its interface has no const.
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

/// Both public keys go in, so that what was agreed is good for this pair only.
void derive(const shared_secret& agreed, const public_bytes& once, const public_bytes& receiver, key_and_nonce& out) {
    const std::string salt = std::string(text_of(once)) + std::string(text_of(receiver));
    std::string digest = "SHA256";
    const std::string_view secret(reinterpret_cast<const char*>(agreed.bytes.data()), agreed.bytes.size());
    const std::array<OSSL_PARAM, 5> params{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                           octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
                                           octets(OSSL_KDF_PARAM_INFO, purpose), OSSL_PARAM_construct_end()};
    const kdf hkdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    check(hkdf != nullptr);
    const kdf_context context(EVP_KDF_CTX_new(hkdf.get()));
    check(context != nullptr && EVP_KDF_derive(context.get(), out.bytes.data(), out.bytes.size(), params.data()) == 1);
}

enum class direction { open = 0, seal = 1 };

/// AES-256-GCM, ready for the bytes themselves. `head` and `place` are authenticated with them; the head has one size.
cipher_context start_cipher(const key_and_nonce& keys, std::string_view head, std::string_view place, direction way) {
    cipher_context context(EVP_CIPHER_CTX_new());
    check(context != nullptr && EVP_CipherInit_ex2(context.get(), EVP_aes_256_gcm(), keys.bytes.data(),
                                                   keys.bytes.data() + key_size, static_cast<int>(way), nullptr) == 1);
    for (const auto part : {head, place}) {
        int size = 0;
        check(EVP_CipherUpdate(context.get(), nullptr, &size, raw(part), static_cast<int>(part.size())) == 1);
    }
    return context;
}

/// What goes through the cipher has to fit an `int`, with room.
void check_size(std::string_view bytes) {
    if (bytes.size() > std::size_t{1} << 30) throw std::length_error("too much to seal or to open");
}

void update(EVP_CIPHER_CTX& context, std::string_view from, unsigned char* to) {
    int size = 0;
    if (from.empty()) return;
    check(EVP_CipherUpdate(&context, to, &size, raw(from), static_cast<int>(from.size())) == 1 &&
          static_cast<std::size_t>(size) == from.size());
}

[[noreturn]] void refuse_seal(std::string_view place) { throw_error(errc::bad_seal, place); }

}  // namespace

void wipe(std::string& secret) noexcept {
    OPENSSL_cleanse(secret.data(), secret.capacity());  // and what it had been longer by
    secret.clear();
}

// ---- the public key

sealing_public_key sealing_public_key::parse(std::string_view text) {
    public_bytes bytes{};
    std::size_t got = 0;
    if (text.size() != key_scheme.size() + 2 * size || !text.starts_with(key_scheme))
        throw_error(errc::bad_key, "a public key");
    const std::string digits(text.substr(key_scheme.size()));
    if (OPENSSL_hexstr2buf_ex(bytes.data(), bytes.size(), &got, digits.c_str(), '\0') != 1 || got != size)
        throw_error(errc::bad_key, "a public key");
    return sealing_public_key(bytes);
}

std::string sealing_public_key::text() const {
    std::string digits(2 * size + 1, '\0');
    check(OPENSSL_buf2hexstr_ex(digits.data(), digits.size(), nullptr, bytes_.data(), bytes_.size(), '\0') == 1);
    digits.pop_back();
    return std::string(key_scheme) + digits;
}

std::string sealing_public_key::seal(std::string_view plain, std::string_view place) const {
    check_size(plain);
    check_size(place);
    const auto own = generate_key();
    const auto once = public_of(*own);
    shared_secret agreed;
    if (!agree(*own, bytes_, agreed)) throw_error(errc::bad_key, "a public key that nothing can be sealed for");
    key_and_nonce keys;
    derive(agreed, once, bytes_, keys);

    std::string sealed(plain.size() + overhead, '\0');
    sealed[0] = static_cast<char>(version);
    text_of(once).copy(sealed.data() + 1, size);
    const auto context = start_cipher(keys, std::string_view(sealed).substr(0, head_size), place, direction::seal);
    update(*context, plain, raw(sealed) + head_size);
    unsigned char* const tag = raw(sealed) + head_size + plain.size();
    int size_of_rest = 0;
    check(EVP_CipherFinal_ex(context.get(), tag, &size_of_rest) == 1);
    check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_size), tag) == 1);
    return sealed;
}

// ---- the private key

sealing_key sealing_key::generate() { return sealing_key(generate_key()); }

sealing_key sealing_key::load_or_create(const std::filesystem::path& file) {
    auto found = detail::read_key_file(file);
    if (!found) {
        const auto made = generate();
        detail::key_bytes bytes;
        std::size_t size = detail::key_bytes::size();
        check(EVP_PKEY_get_raw_private_key(made.key_.get(), bytes.data(), &size) == 1 && size == key_size);
        detail::create_key_file(file, bytes);
        found = detail::read_key_file(file);  // that of another process, if that was first
    }
    if (!found) throw_error(errc::bad_key, file.string() + ": somebody took it away");
    owned_pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, found->data(), detail::key_bytes::size()));
    check(key != nullptr);
    return sealing_key(std::move(key));
}

sealing_public_key sealing_key::public_key() const { return sealing_public_key(public_of(*key_)); }

std::string sealing_key::open(std::string_view sealed, std::string_view place) const {
    if (sealed.size() < sealing_public_key::overhead || static_cast<unsigned char>(sealed[0]) != version)
        refuse_seal(place);
    check_size(sealed);
    check_size(place);
    public_bytes once{};
    std::copy_n(raw(sealed) + 1, once.size(), once.begin());
    shared_secret agreed;
    if (!agree(*key_, once, agreed)) refuse_seal(place);
    key_and_nonce keys;
    derive(agreed, once, public_of(*key_), keys);

    const auto hidden = sealed.substr(head_size, sealed.size() - sealing_public_key::overhead);
    std::string tag(sealed.substr(head_size + hidden.size()));
    const auto context = start_cipher(keys, sealed.substr(0, head_size), place, direction::open);
    std::string plain(hidden.size(), '\0');
    update(*context, hidden, raw(plain));
    check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag.data()) == 1);
    int size_of_rest = 0;
    if (EVP_CipherFinal_ex(context.get(), raw(tag), &size_of_rest) != 1) {
        wipe(plain);
        refuse_seal(place);
    }
    return plain;
}

}  // namespace mote::functions
