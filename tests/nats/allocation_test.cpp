#include <tests/nats/jwt.hpp>
#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/temp_dir.hpp>
#include <tests/support/unique_fd.hpp>

#include <mote/nats/base64.hpp>
#include <mote/nats/environment.hpp>
#include <mote/nats/nkeys.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <malloc.h>
#include <new>
#include <string_view>
#include <unistd.h>

namespace {

/// Allocations of the thread that counts; others, such as the scripted server's, do not matter.
thread_local bool counting = false;
thread_local std::size_t allocations = 0;

/// What freed memory is looked through for, and in how many blocks it was.
thread_local std::string_view looked_for;
thread_local int blocks_with_it = 0;

void release(void* memory) noexcept {
    if (memory != nullptr && !looked_for.empty()) {
        const std::string_view freed(static_cast<const char*>(memory), ::malloc_usable_size(memory));
        if (freed.find(looked_for) != std::string_view::npos) ++blocks_with_it;
    }
    std::free(memory);
}

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
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

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

/// A stream would have a buffer of its own, and free it.
void write_without_copies(const std::string& path, std::string_view text) {
    const unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

TEST(freed_memory, has_no_seed_that_was_signed_with) {
    const auto seed = nats::nkey_pair::generate(nats::nkey_kind::user).seed();
    ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    ::setenv("NATS_JWT", "e30.e30.YQ", 1);
    ::setenv("NATS_SEED", seed.c_str(), 1);
    blocks_with_it = 0;
    looked_for = std::string_view(seed).substr(8);
    delete new std::string(seed);
    EXPECT_EQ(blocks_with_it, 1) << "it is not seen";
    {
        const auto opts = nats::options_from_environment();
        nats::challenge asked;
        asked.nonce = "n0nce";
        EXPECT_NE(opts.auth->authenticate(asked).signature, "");
        EXPECT_NE(opts.auth->authenticate(asked).signature, "");
    }
    looked_for = {};
    EXPECT_EQ(blocks_with_it, 1);
    for (const auto* const name : {"XDG_CONFIG_HOME", "NATS_JWT", "NATS_SEED"}) ::unsetenv(name);
}

TEST(freed_memory, has_no_seed_of_a_file_or_of_data_that_was_signed_with) {
    const auto seed = nats::nkey_pair::generate(nats::nkey_kind::user).seed();
    const auto text = credentials_text("e30.e30.YQ", seed);
    const temp_dir folder;
    const auto nkey = (folder.path() / "nkey").string();
    const auto creds = (folder.path() / "creds").string();
    const auto data = "data:;base64," + nats::encode_base64(text);
    write_without_copies(nkey, seed);
    write_without_copies(creds, text);
    blocks_with_it = 0;
    looked_for = std::string_view(seed).substr(8);
    delete new std::string(seed);
    EXPECT_EQ(blocks_with_it, 1) << "it is not seen";
    nats::challenge asked;
    asked.nonce = "n0nce";
    for (int kind = 0; kind < 4; ++kind) {
        auto login = kind == 0   ? nats::nkey_authenticator(nkey)
                     : kind == 1 ? nats::nkey_authenticator("file://" + creds)
                     : kind == 2 ? nats::credentials_file_authenticator(creds)
                                 : nats::credentials_file_authenticator(data);
        EXPECT_NE(login->authenticate(asked).signature, "") << kind;
        EXPECT_NE(login->authenticate(asked).signature, "") << kind;
        login.reset();
        EXPECT_EQ(blocks_with_it, 1) << kind;
    }
    looked_for = {};
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
