#include <mote/nats/nuid.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <string_view>
#include <unistd.h>

namespace mote::nats {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::uint64_t base = 62;
constexpr std::size_t prefix_length = 12;
constexpr std::size_t sequence_length = 10;
constexpr std::uint64_t max_sequence = 839299365868340224;  // 62^10

/// Random bytes of the system; `std::random_device` where it refuses them.
std::uint64_t random_number() {
    std::uint64_t number = 0;
    if (getentropy(&number, sizeof number) == 0) return number;
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

class generator {
public:
    generator() { restart(); }

    std::string next() {
        const std::lock_guard lock(mutex_);
        sequence_ += increment_;
        if (sequence_ >= max_sequence) restart();
        std::string id = prefix_;
        id.resize(prefix_length + sequence_length);
        auto rest = sequence_;
        for (std::size_t at = id.size(); at > prefix_length; rest /= base) id[--at] = digits[rest % base];
        return id;
    }

private:
    void restart() {
        prefix_.resize(prefix_length);
        for (char& c : prefix_) c = digits[random_number() % base];
        sequence_ = random_number() % max_sequence;
        increment_ = 33 + random_number() % 300;
    }

    std::mutex mutex_;
    std::string prefix_;
    std::uint64_t sequence_ = 0;
    std::uint64_t increment_ = 1;
};

}  // namespace

std::string next_nuid() {
    static generator instance;
    return instance.next();
}

}  // namespace mote::nats
