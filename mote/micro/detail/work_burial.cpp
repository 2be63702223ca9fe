// What no try could do goes to the dead letters.
#include <mote/micro/detail/work_state.hpp>

#include <mote/micro/detail/dead_letter.hpp>
#include <mote/micro/detail/work_job.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds least_wait{1};  // before a burial is tried again
constexpr std::size_t most_unburied = 1000;    // as many as a consumer hands out at once unless it is told otherwise

asio::awaitable<void> give_to_the_dead(jetstream::context js, dead_letter letter, nats::message_view message) {
    bool missing = false;
    try {
        co_await publish_dead_letter(js, letter, message);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::no_stream_response) throw;
        missing = true;
    }
    if (!missing) co_return;
    co_await make_dead_letter_stream(js);  // somebody deleted it
    co_await publish_dead_letter(js, std::move(letter), message);
}

}  // namespace

void work_state::give_up_on(const std::shared_ptr<job>& what, std::string reason) {
    asio::co_spawn(connection_.executor(), bury(shared_from_this(), what, std::move(reason)),
                   [](const std::exception_ptr&) {});
}

/// The message leaves its stream only when the dead letters have it. One that they do not take comes again, and is buried then for
/// the reason that it had the first time: its handler has said already that it is not to be tried any more.
asio::awaitable<void> work_state::bury(std::shared_ptr<work_state> self, std::shared_ptr<job> what,
                                       std::string reason) {
    const auto& item = *what->item;
    dead_letter letter;
    letter.service = self->service_;
    letter.endpoint = self->info_.name;
    letter.stream = self->opts_.stream;
    letter.sequence = item.told.stream_sequence;
    letter.stored = item.told.time;
    letter.tries = item.tries;
    letter.reason = reason;
    try {
        co_await give_to_the_dead(self->js_, std::move(letter), item.delivery.message());
        what->item->delivery.term();
        ++self->counts_.dead;
    } catch (const std::exception& failed) {
        if (const auto more = self->refused_burials_.pass())
            self->report("not taken by the dead letters", failed.what() + *more);
        self->remember({item.told.stream_sequence, item.told.time, item.tries, std::move(reason)});
        const auto wait = self->wait_before(item.tries + 1);
        co_return self->try_again(*what, std::max<std::chrono::nanoseconds>(wait, least_wait));
    }
    self->ended(*what);
}

void work_state::remember(verdict given) {
    const auto sequence = given.sequence;
    unburied_.insert_or_assign(sequence, std::move(given));
    if (unburied_.size() > most_unburied) unburied_.erase(unburied_.begin());
}

/// Nothing for a message that this instance has not given up yet.
std::optional<work_state::verdict> work_state::take_verdict(const work_item& item) {
    if (unburied_.empty()) return std::nullopt;
    auto found = unburied_.extract(item.told.stream_sequence);
    // A stream that was made anew counts from 1 again.
    if (found.empty() || found.mapped().stored != item.told.time) return std::nullopt;
    return std::move(found.mapped());
}

}  // namespace mote::micro::detail
