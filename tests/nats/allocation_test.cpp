#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

#include <cstdlib>
#include <new>

namespace {

/// Allocations of the thread that counts; others, such as the scripted server's, do not matter.
thread_local bool counting = false;
thread_local std::size_t allocations = 0;

void* allocate(std::size_t size) {
    if (counting) ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    if (counting) ++allocations;
    const auto step = static_cast<std::size_t>(alignment);
    if (void* const memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
    throw std::bad_alloc();
}

}  // namespace

// Every allocation of this executable is counted: it has these operators instead of the library's.
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::message_view;

TEST(allocation, is_counted) {
    counting = true;
    const auto before = allocations;
    delete new int(1);
    counting = false;
    EXPECT_EQ(allocations, before + 1);
}

/// Requests in bursts of 1 to 64, each burst after the answers to the last one, as load comes.
void send_requests(scripted_link& link, int bursts) {
    std::string expected;
    for (int burst = 1; burst <= bursts; ++burst) {
        const int count = burst % 64 + 1;
        std::string requests;
        for (int i = 0; i < count; ++i)
            requests += i % 2 == 0 ? "MSG echo 1 _INBOX.abcdefghijklmnopqrstuv.1 16\r\n0123456789abcdef\r\n"
                                   : "HMSG echo 1 _INBOX.abcdefghijklmnopqrstuv.2 18 34\r\nNATS/1.0\r\nA: "
                                     "1\r\n\r\n0123456789abcdef\r\n";
        link.send(requests);
        for (int i = 0; i < count; ++i)
            EXPECT_EQ(link.read_until("f\r\n").substr(0, 36),
                      "PUB _INBOX.abcdefghijklmnopqrstuv." + std::to_string(i % 2 + 1) + " ");
    }
}

TEST(allocation, is_none_for_a_request_that_is_answered_inline) {
    constexpr int warm_up = 200;
    constexpr int counted = 2000;
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB control 2\r\n");
        send_requests(link, warm_up);
        link.send("MSG control 2 5\r\nbegin\r\n");
        send_requests(link, counted);
        link.send("MSG control 2 3\r\nend\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::size_t answered = 0;
        std::size_t begin = 0;
        std::size_t seen_allocations = 0;
        nats::subscription control;
        auto echo = nc.subscribe("echo", [&](const message_view& asked) {
            ++answered;
            nc.respond(asked, asked.payload);
        });
        asio::steady_timer ended(nc.executor(), 50s);
        control = nc.subscribe("control", [&](const message_view& message) {
            if (message.payload == "begin") {
                begin = answered;
                allocations = 0;
                counting = true;
                return;
            }
            counting = false;
            seen_allocations = allocations;
            ended.cancel();
        });
        try {
            co_await ended.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            answered -= begin;
        }
        EXPECT_GT(answered, 60000u);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        constexpr std::size_t most = counted + 10;  // one a read: there Asio does not use its memory again
#else
        constexpr std::size_t most = 0;
#endif
        EXPECT_LE(seen_allocations, most) << "for " << answered << " requests";
    }(server.url()));
}

}  // namespace
}  // namespace mote::test
