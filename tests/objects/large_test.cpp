#include <tests/objects/fixture.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace mote::objects::test {
namespace {

/// An object that is larger than what this process may grow by.
using large_test = objects_test;

constexpr std::size_t piece_size = std::size_t{1} << 20U;
constexpr std::size_t piece_count = 256;
/// The reader's 32 MiB of flow control, what allocators keep, and a lot of room; half of the object.
constexpr std::size_t allowed_growth = piece_count / 2 * piece_size;

std::size_t resident_bytes() {
    std::size_t pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// The pieces of the object: each another one, none kept.
struct generator {
    std::string block = some_bytes(piece_size);
    std::size_t next = 0;
    std::size_t peak = 0;

    std::string piece(std::size_t index) {
        const auto number = std::to_string(index);
        block.replace(0, 8, std::string(8 - number.size(), '0') + number);
        peak = std::max(peak, resident_bytes());
        return block;
    }
    asio::awaitable<std::string> hand_out() { co_return next < piece_count ? piece(next++) : std::string(); }
};

asio::awaitable<std::size_t> put_all(store photos) {
    const auto made = std::make_shared<generator>();
    source from = [made] { return made->hand_out(); };
    const auto stored = co_await photos.put(named("x"), std::move(from));
    EXPECT_EQ(stored.size, piece_count * piece_size);
    EXPECT_EQ(stored.chunks, piece_count * 8);
    co_return made->peak;
}

asio::awaitable<std::size_t> read_all(store photos) {
    auto object = co_await photos.get("x");
    generator expected;
    std::string rest;
    std::size_t pieces = 0;
    for (;;) {
        const auto chunk = co_await object.next();
        if (!chunk) break;
        rest += *chunk;
        if (rest.size() < piece_size) continue;
        EXPECT_TRUE(rest == expected.piece(pieces)) << pieces;
        ++pieces;
        rest.clear();
    }
    EXPECT_EQ(pieces, piece_count);
    EXPECT_TRUE(rest.empty());
    co_return expected.peak;
}

TEST_F(large_test, is_put_and_read_in_bounded_memory) {
    run([](jetstream::context js, objects_test&) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto before = resident_bytes();
        const auto putting = co_await put_all(photos);
        const auto reading = co_await read_all(photos);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these keep what is freed
        EXPECT_LT(putting, before + allowed_growth);
        EXPECT_LT(reading, before + allowed_growth);
#else
        EXPECT_GT(putting + reading, before);
#endif
    });
}

}  // namespace
}  // namespace mote::objects::test
