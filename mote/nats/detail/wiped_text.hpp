#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mote::nats::detail {

/// Text that is overwritten with zeros when it goes. It neither grows nor is copied, because a string that does leaves its
/// bytes behind.
class wiped_text {
public:
    wiped_text() = default;
    /// So many zeros, to be written to.
    explicit wiped_text(std::size_t size) : bytes_(std::make_unique<char[]>(size)), size_(size), room_(size) {}
    explicit wiped_text(std::string_view text) : wiped_text(text.size()) {
        std::copy(text.begin(), text.end(), bytes_.get());
    }
    wiped_text(wiped_text&& other) noexcept { swap(other); }
    wiped_text& operator=(wiped_text&& other) noexcept {
        wiped_text(std::move(other)).swap(*this);
        return *this;
    }
    ~wiped_text() {
        if (bytes_ != nullptr) OPENSSL_cleanse(bytes_.get(), room_);
    }

    char* data() noexcept { return bytes_.get(); }
    std::size_t size() const noexcept { return size_; }
    std::string_view view() const noexcept { return {bytes_.get(), size_}; }
    /// Keeps the first `size` bytes.
    void shorten(std::size_t size) noexcept { size_ = std::min(size, size_); }
    void swap(wiped_text& other) noexcept {
        bytes_.swap(other.bytes_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

/// Overwrites what was a secret.
inline void wipe(std::string& secret) noexcept {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace mote::nats::detail
