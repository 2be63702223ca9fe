#include <apps/mote/look/watch_rounds.hpp>

#include <apps/mote/lookup.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds longest_stall = std::chrono::milliseconds(300);
constexpr std::chrono::nanoseconds look_at_link_every = std::chrono::milliseconds(100);

bool is_connected(const watch_rounds& rounds) {
    return rounds.access.connection.status() == nats::connection_status::connected;
}

/// Tells whoever draws when the server goes and comes.
void note_link(watch_rounds& rounds) {
    const bool away = !is_connected(rounds);
    if (std::exchange(rounds.away, away) != away) rounds.changed.set();
}

/// What befalls one round does not end the others, but for the end of the connection.
asio::awaitable<void> look_and_note(std::shared_ptr<watch_rounds> rounds) {
    std::string trouble;
    try {
        co_await look_once(rounds, false);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::closed) throw;
        if (is_connected(*rounds)) trouble = plain_reason(failed.what());
    }
    rounds->trouble = trouble;
    rounds->changed.set();
}

}  // namespace

asio::awaitable<void> look_once(std::shared_ptr<watch_rounds> rounds, bool must_be_there) {
    micro::discovery services(rounds->access.connection);
    service_choice whom;
    whom.name = rounds->chosen.name;
    auto options = discovery_options_of(rounds->access, whom);
    // A round has to end before the next one begins.
    options.stall = std::min(longest_stall, rounds->chosen.interval / 2);
    const auto asked_at = clock::now();
    const auto reconnects = rounds->access.connection.stats().reconnects;
    const auto answers = co_await services.stats(options);
    if (answers.empty() && must_be_there)
        co_await explain_silence(rounds->access, whom, clock::now() - asked_at, services.unreadable());
    // While the server was away nobody could answer: that says nothing of them.
    if (!is_connected(*rounds) || rounds->access.connection.stats().reconnects != reconnects) co_return;
    if (!rounds->held) rounds->seen.take(answers, asked_at);
}

asio::awaitable<bool> wait_for_round(std::shared_ptr<watch_rounds> rounds, clock::time_point next) {
    asio::steady_timer timer(rounds->access.connection.executor());
    for (;;) {
        note_link(*rounds);
        if (rounds->access.connection.status() == nats::connection_status::closed)
            nats::throw_error(nats::errc::closed, rounds->access.connection.connected_server());
        if (rounds->lines && is_reader_gone()) co_return false;
        const auto now = clock::now();
        if (now >= next && !rounds->away) co_return true;
        const auto soon = now + look_at_link_every;
        timer.expires_at(now < next ? std::min(next, soon) : soon);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> look_again_and_again(std::shared_ptr<watch_rounds> rounds) {
    try {
        auto next = clock::now() + rounds->chosen.interval;
        for (;;) {
            co_await wait_for_round(rounds, next);
            next = std::max(next + rounds->chosen.interval, clock::now());
            co_await look_and_note(rounds);
        }
    } catch (...) {
        rounds->failed = std::current_exception();
    }
    rounds->changed.set();
}

}  // namespace mote::command
