#include <tests/objects/fixture.hpp>

#include <tests/nats/live.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <signal.h>
#include <sys/wait.h>

namespace mote::objects::test {
namespace {

/// Servers that are away for a moment. Publishing gives up after a second here, so that the tests need not wait for more.
class restart_test : public objects_test {
protected:
    restart_test() { context_options.timeout = 1s; }
};

/// Returns when all of the server's threads have stopped: the signal alone leaves them a moment in which they may answer.
void freeze(pid_t server) {
    ::kill(server, SIGSTOP);
    siginfo_t seen{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(server), &seen, WSTOPPED), 0);
}

/// A server that froze, and is then killed and started again: what it was sent meanwhile is lost for sure.
asio::awaitable<void> lose_what_is_sent(objects_test& test, std::size_t index, std::size_t freeze_at,
                                        std::size_t kill_at) {
    if (index == freeze_at) freeze(test.server().pid());
    if (index != kill_at) co_return;
    // The flush is not answered, but sends all that waits before it.
    const auto error = co_await error_of(test.connection().flush(200ms));
    EXPECT_EQ(error, nats::errc::timeout);
    test.server().kill();
    test.server().restart();
}

std::function<asio::awaitable<void>(std::size_t)> losing_chunks(objects_test& test, std::size_t freeze_at,
                                                                std::size_t kill_at) {
    return
        [&test, freeze_at, kill_at](std::size_t index) { return lose_what_is_sent(test, index, freeze_at, kill_at); };
}

TEST_F(restart_test, a_put_fails_clearly_and_leaves_nothing_partial) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const auto text = co_await error_text_of(
            photos.put(named("x", 100), pieces_of(some_bytes(2'000), 100, losing_chunks(test, 5, 10))));
        EXPECT_NE(text.find("timeout"), std::string::npos) << text;
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "the older one");

        const auto again = co_await photos.put(named("x", 100), pieces_of(some_bytes(2'000), 100));
        EXPECT_EQ(again.chunks, 20U);
        const auto replaced = co_await photos.get_bytes("x");
        EXPECT_TRUE(replaced == some_bytes(2'000));
    });
}

TEST_F(restart_test, a_put_is_whole_or_not_there_when_the_server_dies_at_any_chunk) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        for (std::size_t chunk = 0; chunk <= 20; chunk += 5) {
            const std::function<asio::awaitable<void>(std::size_t)> kill_server = [&test, chunk](std::size_t index) {
                return [](objects_test& each, bool now) -> asio::awaitable<void> {
                    if (now) {
                        each.server().kill();
                        each.server().restart();
                    }
                    co_return;
                }(test, index == chunk);
            };
            const auto error =
                co_await error_of(photos.put(named("x", 100), pieces_of(some_bytes(2'000), 100, kill_server)));
            const auto messages = co_await messages_of(js);
            const auto back = co_await photos.get_bytes("x");
            if (error) {
                EXPECT_EQ(messages, 2U) << error.message() << " at " << chunk;
                EXPECT_EQ(back, "the older one");
            } else {
                EXPECT_EQ(messages, 21U);
                EXPECT_TRUE(back == some_bytes(2'000));
                co_await photos.put("x", "the older one");
            }
        }
    });
}

TEST_F(restart_test, a_put_fails_when_the_link_loses_chunks) {
    mote::test::tcp_proxy proxy(server().port());
    port = proxy.port();
    static mote::test::tcp_proxy* the_proxy = nullptr;
    the_proxy = &proxy;
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const std::function<asio::awaitable<void>(std::size_t)> cut = [&test](std::size_t index) {
            return [](objects_test& each, std::size_t at) -> asio::awaitable<void> {
                if (at == 5) the_proxy->stall();
                if (at != 10) co_return;
                co_await error_of(each.connection().flush(200ms));
                the_proxy->cut();
                the_proxy->resume();
            }(test, index);
        };
        const auto text = co_await error_text_of(photos.put(named("x", 100), pieces_of(some_bytes(2'000), 100, cut)));
        EXPECT_NE(text, "");
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_EQ(back, "the older one");
    });
    the_proxy = nullptr;
}

/// Freezes the server for a while when the fifth and last chunk of an object is acknowledged: what then is on its way is the
/// information.
asio::awaitable<void> freeze_at_the_end(jetstream::context js, pid_t server, std::size_t index,
                                        std::chrono::milliseconds time) {
    if (index != 5) co_return;
    const std::function<bool()> all_acknowledged = [js] {
        const auto stats = js.connection().stats();
        return stats.in_messages == stats.out_messages;
    };
    const bool acknowledged = co_await mote::test::eventually(all_acknowledged);
    EXPECT_TRUE(acknowledged);
    freeze(server);
    const auto thaw = std::make_shared<asio::steady_timer>(js.connection().executor(), time);
    thaw->async_wait([thaw, server](const boost::system::error_code&) { ::kill(server, SIGCONT); });
}

TEST_F(restart_test, a_put_finds_out_that_it_was_stored_when_the_acknowledgement_comes_too_late) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const auto before = std::chrono::steady_clock::now();
        const std::function<asio::awaitable<void>(std::size_t)> freezing = [&js, &test](std::size_t index) {
            return freeze_at_the_end(js, test.server().pid(), index, 1500ms);
        };
        const auto stored = co_await photos.put(named("x", 100), pieces_of(some_bytes(500), 100, freezing));
        EXPECT_GT(std::chrono::steady_clock::now() - before, js.timeout());  // or this shows nothing
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 6U);
        const auto info = co_await photos.info("x");
        EXPECT_TRUE(info && info->nuid == stored.nuid);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == some_bytes(500));
    });
}

asio::awaitable<void> cancel_when_sent(jetstream::context js, cancellation signal, std::uint64_t sent) {
    const std::function<bool()> is_sent = [js, sent] { return js.connection().stats().out_messages > sent; };
    const bool more = co_await mote::test::eventually(is_sent);
    EXPECT_TRUE(more);
    signal->emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> freeze_and_cancel(jetstream::context js, pid_t server, std::size_t index, cancellation signal) {
    co_await freeze_at_the_end(js, server, index, 300ms);
    const auto sent = js.connection().stats().out_messages;
    if (index == 5) asio::co_spawn(js.connection().executor(), cancel_when_sent(js, signal, sent), asio::detached);
}

TEST_F(restart_test, a_put_that_is_cancelled_while_its_information_is_on_its_way_is_whole) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("x", "the older one");
        const auto signal = std::make_shared<asio::cancellation_signal>();
        const std::function<asio::awaitable<void>(std::size_t)> cancelling = [&js, &test, signal](std::size_t index) {
            return freeze_and_cancel(js, test.server().pid(), index, signal);
        };
        const auto failure =
            co_await cancellable(js, photos.put(named("x", 100), pieces_of(some_bytes(500), 100, cancelling)), signal);
        EXPECT_TRUE(failure == nullptr);  // it was too late
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 6U);
        const auto back = co_await photos.get_bytes("x");
        EXPECT_TRUE(back == some_bytes(500));
    });
}

TEST_F(restart_test, a_get_goes_on_behind_the_chunks_that_it_has) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto bytes = some_bytes(60 * 1024 * 1024);  // more than the server sends ahead
        co_await photos.put("x", bytes);
        auto object = co_await photos.get("x");
        std::string back;
        for (bool more = true; more;) {
            const auto piece = co_await object.next();
            more = piece.has_value();
            back += piece.value_or("");
            if (back.size() == std::size_t{2} * 1024 * 1024) test.server().restart();
        }
        EXPECT_TRUE(back == bytes);
    });
}

TEST_F(restart_test, a_watch_goes_on) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        co_await photos.put("a", "1");
        auto changes = co_await photos.watch();
        auto info = co_await changes.next(5s);
        EXPECT_TRUE(info && info->name == "a");
        info = co_await changes.next(5s);
        EXPECT_TRUE(!info && changes.caught_up());
        test.server().restart();
        for (;;) {
            const auto error = co_await error_of(photos.put("b", "22"));
            if (!error) break;
        }
        info = co_await changes.next(20s);
        EXPECT_TRUE(info && info->name == "b" && info->size == 2);
    });
}

}  // namespace
}  // namespace mote::objects::test
