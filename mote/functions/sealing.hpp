#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace mote::functions {

/// Overwrites what a string holds, and empties it. What was copied or moved from it elsewhere stays.
void wipe(std::string& secret) noexcept;

/// What gateways have: whoever knows it can seal, and nobody who only knows it can open. A plain value.
///
/// What is sealed is bytes: a version, a public key used this once, the ciphertext and its tag (X25519, HKDF-SHA256,
/// AES-256-GCM). It says nothing of its content but the size.
class sealing_public_key {
public:
    static constexpr std::size_t size = 32;
    /// A sealed value is larger than what is in it by so many bytes.
    static constexpr std::size_t overhead = 1 + size + 16;

    explicit sealing_public_key(const std::array<unsigned char, size>& bytes) noexcept : bytes_(bytes) {}
    /// What `text` gave. Throws `errc::bad_key`.
    static sealing_public_key parse(std::string_view text);
    /// `x25519:` and 64 hexadecimal digits.
    std::string text() const;

    /// Seals `plain`, which may be any bytes, for this key. `place` is where it is to be kept: it opens nowhere else.
    std::string seal(std::string_view plain, std::string_view place) const;

    friend bool operator==(const sealing_public_key&, const sealing_public_key&) = default;

private:
    std::array<unsigned char, size> bytes_;
};

/// What nodes have: opens what was sealed for its public key. Its bytes are in no error and no text, and are wiped at the
/// end. A light handle, copyable; on any thread.
class sealing_key {
public:
    static sealing_key generate();
    /// Reads the key from a file, which is made when it is not there, with its directory (0700), as one that only its
    /// owner may read (0600); several processes that do so at once get the same one. Throws `errc::bad_key`, with the path
    /// and why, for a file or a directory that cannot be made or read; a file that others may read, is somebody else's, is
    /// not a regular one or holds something else; a directory that others may write to. Blocks for as long as the disk
    /// does.
    static sealing_key load_or_create(const std::filesystem::path& file);

    sealing_public_key public_key() const;
    /// What was sealed. Throws `errc::bad_seal` for what was sealed for another key or another place, or was changed.
    std::string open(std::string_view sealed, std::string_view place) const;

private:
    explicit sealing_key(std::shared_ptr<evp_pkey_st> key) noexcept : key_(std::move(key)) {}

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace mote::functions
