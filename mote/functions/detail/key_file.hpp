#pragma once

#include <array>
#include <filesystem>
#include <openssl/crypto.h>
#include <optional>
#include <utility>

namespace mote::functions::detail {

/// The 32 bytes of a private key, which are overwritten when they are not needed any more. Move-only.
class key_bytes {
public:
    key_bytes() = default;
    key_bytes(key_bytes&& other) noexcept : bytes_(other.bytes_) { other.clear(); }
    key_bytes& operator=(key_bytes&& other) noexcept {
        if (this == &other) return *this;
        bytes_ = other.bytes_;
        other.clear();
        return *this;
    }
    ~key_bytes() { clear(); }

    unsigned char* data() noexcept { return bytes_.data(); }
    const unsigned char* data() const noexcept { return bytes_.data(); }
    static constexpr std::size_t size() noexcept { return 32; }

private:
    void clear() noexcept { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    std::array<unsigned char, 32> bytes_{};
};

/// The key in a file; nothing when there is no such file. Throws `errc::bad_key` as `sealing_key::load_or_create`.
std::optional<key_bytes> read_key_file(const std::filesystem::path& file);

/// Writes a key file, with its directory if need be, so that at no time there is a part of it under its name. False when
/// there is one already, which stays. Throws `errc::bad_key`.
bool create_key_file(const std::filesystem::path& file, const key_bytes& key);

}  // namespace mote::functions::detail
