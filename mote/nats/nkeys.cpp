#include <mote/nats/nkeys.hpp>

#include <mote/nats/detail/base_encoding.hpp>
#include <mote/nats/detail/crc16.hpp>
#include <mote/nats/error.hpp>

#include <openssl/evp.h>

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace mote::nats {
namespace {

using detail::wiped_text;

constexpr std::size_t key_size = 32;
constexpr std::size_t checksum_size = 2;
// A seed is two bytes with the letter S and that of its kind (5 bits each), the key, the checksum; a public key one byte, ...
constexpr std::size_t seed_size = 2 + key_size + checksum_size;
constexpr std::size_t public_size = 1 + key_size + checksum_size;
constexpr unsigned seed_letter = 18;  // S

unsigned letter_of(nkey_kind kind) noexcept {
    switch (kind) {
        case nkey_kind::account: return 0;
        case nkey_kind::cluster: return 2;
        case nkey_kind::nats_operator: return 14;
        case nkey_kind::server: return 13;
        case nkey_kind::user: break;
    }
    return 20;
}

std::optional<nkey_kind> kind_of(unsigned letter) noexcept {
    for (const auto kind :
         {nkey_kind::account, nkey_kind::cluster, nkey_kind::nats_operator, nkey_kind::server, nkey_kind::user})
        if (letter_of(kind) == letter) return kind;
    return std::nullopt;
}

unsigned byte_at(std::string_view bytes, std::size_t at) noexcept { return static_cast<unsigned char>(bytes[at]); }

/// The low byte comes first.
bool has_right_checksum(std::string_view bytes) noexcept {
    const auto covered = bytes.size() - checksum_size;
    return detail::crc16(bytes.substr(0, covered)) == (byte_at(bytes, covered) | byte_at(bytes, covered + 1) << 8);
}

/// Fills in the last two bytes.
void add_checksum(wiped_text& bytes) noexcept {
    const auto covered = bytes.size() - checksum_size;
    const auto checksum = detail::crc16(bytes.view().substr(0, covered));
    bytes.data()[covered] = static_cast<char>(checksum & 0xff);
    bytes.data()[covered + 1] = static_cast<char>(checksum >> 8);
}

unsigned char* room_of(char* data) noexcept { return reinterpret_cast<unsigned char*>(data); }

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void check(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL cannot use an Ed25519 key");
}

[[noreturn]] void refuse_seed(std::string_view why) {
    throw_error(errc::bad_credentials, "not the seed of an NKey: " + std::string(why));
}

struct free_context {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using digest_context = std::unique_ptr<EVP_MD_CTX, free_context>;

}  // namespace

void nkey_pair::free_key::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

nkey_pair::nkey_pair(nkey_kind kind, key_handle key) : kind_(kind), key_(std::move(key)) {
    if (key_ == nullptr) throw std::runtime_error("OpenSSL cannot make an Ed25519 key");
    wiped_text bytes(public_size);
    bytes.data()[0] = static_cast<char>(letter_of(kind) << 3);
    std::size_t size = key_size;
    check(EVP_PKEY_get_raw_public_key(key_.get(), room_of(bytes.data() + 1), &size));
    add_checksum(bytes);
    public_key_ = detail::encode_base32(bytes.view());
}

nkey_pair nkey_pair::from_seed(std::string_view seed) {
    const auto bytes = detail::decode_base32(seed);
    if (!bytes) refuse_seed("it is not base32");
    if (bytes->size() != seed_size) refuse_seed("it has not the length of one");
    if (!has_right_checksum(bytes->view())) refuse_seed("its checksum is wrong");
    if (byte_at(bytes->view(), 0) >> 3 != seed_letter) refuse_seed("it does not begin with S");
    const auto kind = kind_of((byte_at(bytes->view(), 0) & 7) << 2 | byte_at(bytes->view(), 1) >> 6);
    const auto rest = byte_at(bytes->view(), 1) & 0x3f;  // two letters are 10 bits of the 16
    if (!kind || rest != 0) refuse_seed("it is of no kind that signs");
    return {*kind, key_handle(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes->view().substr(2)),
                                                           key_size))};
}

nkey_pair nkey_pair::generate(nkey_kind kind) {
    return {kind, key_handle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))};
}

std::string nkey_pair::seed() const {
    wiped_text bytes(seed_size);
    const auto letter = letter_of(kind_);
    bytes.data()[0] = static_cast<char>(seed_letter << 3 | letter >> 2);
    bytes.data()[1] = static_cast<char>((letter & 3) << 6);
    std::size_t size = key_size;
    check(EVP_PKEY_get_raw_private_key(key_.get(), room_of(bytes.data() + 2), &size));
    add_checksum(bytes);
    return detail::encode_base32(bytes.view());
}

nkey_signature nkey_pair::sign(std::string_view bytes) const {
    const digest_context context(EVP_MD_CTX_new());
    nkey_signature made{};
    std::size_t size = made.size();
    check(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()));
    check(EVP_DigestSign(context.get(), made.data(), &size, bytes_of(bytes), bytes.size()));
    return made;
}

std::optional<nkey_kind> kind_of_public_nkey(std::string_view text) {
    const auto bytes = detail::decode_base32(text);
    if (!bytes || bytes->size() != public_size || !has_right_checksum(bytes->view())) return std::nullopt;
    const auto first = byte_at(bytes->view(), 0);
    return (first & 7) == 0 ? kind_of(first >> 3) : std::nullopt;
}

bool verify_nkey_signature(std::string_view public_key, std::string_view bytes, const nkey_signature& signature) {
    if (!kind_of_public_nkey(public_key)) return false;
    const auto decoded = detail::decode_base32(public_key);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(decoded->view().substr(1)), key_size),
        &EVP_PKEY_free);
    const digest_context context(EVP_MD_CTX_new());
    return key != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(bytes), bytes.size()) == 1;
}

}  // namespace mote::nats
