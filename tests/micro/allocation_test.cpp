// A request that is answered inline costs no allocation. A program of its own, as it counts what `new` does.

#include <tests/jetstream/live_test.hpp>
#include <tests/micro/hosted_service.hpp>
#include <tests/support/raw_client.hpp>

#include <cstdlib>
#include <new>

namespace {
thread_local std::uint64_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    ++allocations;
    const auto step = static_cast<std::size_t>(alignment);
    if (void* const memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace mote::test {
namespace {

using namespace std::chrono_literals;

#ifdef BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING
constexpr std::uint64_t most_of_asio = 4;  // in a burst: under a sanitizer a read's memory is new each time
#else
constexpr std::uint64_t most_of_asio = 0;
#endif

class micro_allocation : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    /// Publishes so many requests and waits for all replies.
    static void call(raw_client& client, int count) {
        std::string bytes;
        for (int i = 0; i < count; ++i) bytes += "PUB echo answers 16\r\n0123456789abcdef\r\n";
        client.send(bytes);
        for (int i = 0; i < count; ++i) client.read_frame();
    }
};

TEST_F(micro_allocation, counts_what_is_allocated) {
    const auto before = allocations;
    ::operator delete(::operator new(1));  // spelled out: a `new` expression may be optimised away
    EXPECT_EQ(allocations, before + 1);
}

TEST_F(micro_allocation, an_inline_answer_allocates_nothing_after_warm_up) {
    nats_server_options options;
    options.jetstream = false;
    nats_server server(options);
    hosted_service host(options_for(server), [](const nats::connection&) {
        micro::service_config config;
        config.name = "Echo";
        config.version = "1.0.0";
        auto service = std::make_unique<micro::service>(std::move(config));
        service->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        return service;
    });
    raw_client client(server.port());
    client.subscribe("answers");
    client.flush();
    for (const int in_a_row : {1, 64}) {
        for (int i = 0; i < 20; ++i) call(client, in_a_row);
        constexpr int rounds = 50;
        const auto before = host.on_loop([] { return allocations; });
        const auto asking = host.on_loop([] { return allocations; }) - before;  // what asking for the number costs
        for (int i = 0; i < rounds; ++i) call(client, in_a_row);
        const auto after = host.on_loop([] { return allocations; });
        EXPECT_LE(after - before, 2 * asking + rounds * most_of_asio) << in_a_row << " at a time";
    }
    const auto stats = host.on_loop([&host] { return host.service().stats().endpoints.at(0); });
    EXPECT_EQ(stats.requests, 70U * 65U);
    EXPECT_EQ(stats.errors, 0U);
}

}  // namespace
}  // namespace mote::test
