#include <apps/mote/look/keys.hpp>
#include <apps/mote/look/screen.hpp>
#include <apps/mote/look/watch_rounds.hpp>
#include <apps/mote/look/watch_view.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::nanoseconds longest_quiet = std::chrono::seconds(1);

/// What the terminal tells: keys, another size, Ctrl-Z. Each only sets the event; whoever waits for that looks.
struct terminal_news : std::enable_shared_from_this<terminal_news> {
    explicit terminal_news(std::shared_ptr<watch_rounds> whose)
        : rounds(std::move(whose)),
          input(rounds->access.connection.executor()),
          resized(rounds->access.connection.executor(), SIGWINCH),
          suspended(rounds->access.connection.executor(), SIGTSTP) {}

    void begin() {
        if (full_screen::has_keys()) input.assign(::dup(STDIN_FILENO));
        wait_for_keys();
        wait_for_size();
        wait_for_suspension();
    }
    /// Does nothing while they are waited for. Nobody types on a terminal that has gone.
    void wait_for_keys() {
        if (!input.is_open() || waiting_for_keys || hung_up()) return;
        waiting_for_keys = true;
        input.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& failed) {
                             self->waiting_for_keys = false;
                             if (!failed) self->rounds->changed.set();
                         });
    }
    static bool hung_up() noexcept {
        pollfd terminal{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        return ::poll(&terminal, 1, 0) == 1 && (terminal.revents & (POLLHUP | POLLERR)) != 0;
    }
    void wait_for_size() {
        resized.async_wait([self = shared_from_this()](const boost::system::error_code& failed, int) {
            if (failed) return;
            self->rounds->changed.set();
            self->wait_for_size();
        });
    }
    void wait_for_suspension() {
        suspended.async_wait([self = shared_from_this()](const boost::system::error_code& failed, int) {
            if (failed) return;
            self->wants_to_stop = true;
            self->rounds->changed.set();
            self->wait_for_suspension();
        });
    }
    void end() noexcept {
        boost::system::error_code ignored;
        input.close(ignored);
        resized.cancel(ignored);
        suspended.cancel(ignored);
    }

    std::shared_ptr<watch_rounds> rounds;
    asio::posix::stream_descriptor input;
    asio::signal_set resized;
    asio::signal_set suspended;
    bool waiting_for_keys = false;
    bool wants_to_stop = false;
};

void draw(full_screen& screen, watch_view& view, const watch_rounds& rounds) {
    terminal reader = look_at(STDOUT_FILENO, rounds.chosen.color);
    const screen_size size = full_screen::size();
    reader.width = size.columns;
    watch_status status;
    status.server = rounds.access.connection.connected_server();
    status.away = rounds.away;
    status.trouble = rounds.trouble;
    status.interval = rounds.chosen.interval;
    screen.draw(view.frame(rounds.seen, status, reader, size.lines));
}

/// The shell gets its terminal, and this program is stopped until the shell lets it go on.
void suspend(full_screen& screen) {
    screen.leave();
    ::raise(SIGSTOP);
    screen.enter();
}

}  // namespace

asio::awaitable<exit_code> watch_on_screen(std::shared_ptr<watch_rounds> rounds) {
    const auto news = std::make_shared<terminal_news>(rounds);
    struct ending {
        std::shared_ptr<terminal_news> of;
        ~ending() { of->end(); }
    } end_at_last{news};
    full_screen screen;
    watch_view view(rounds->chosen.name);
    key_reader keys;
    news->begin();
    for (;;) {
        draw(screen, view, *rounds);
        co_await rounds->changed.wait_for(longest_quiet);
        if (rounds->failed) {
            screen.leave();
            std::rethrow_exception(rounds->failed);
        }
        const std::string typed = screen.read_keys();
        for (const key_press& key : keys.take(typed)) view.press(key);
        news->wait_for_keys();
        if (view.ended()) co_return exit_code::ok;
        rounds->held = view.stopped();
        if (std::exchange(news->wants_to_stop, false)) suspend(screen);
    }
}

}  // namespace mote::command
