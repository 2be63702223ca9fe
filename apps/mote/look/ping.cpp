#include <apps/mote/json_output.hpp>
#include <apps/mote/look/commands.hpp>
#include <apps/mote/look/ping_tally.hpp>
#include <apps/mote/lookup.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>
#include <mote/nats/async_event.hpp>

#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

// Of an exact type: docs/traps.md.
constexpr std::chrono::nanoseconds ping_slice = std::chrono::milliseconds(200);

/// The reply as it came, and the times.
std::string ping_json(const pinged& each, bool once) {
    std::string text = micro::detail::ping_json(each.service);
    text.pop_back();
    if (once) return text + ",\"rtt\":" + std::to_string(each.least.count()) + "}";
    return text + ",\"sent\":" + std::to_string(each.sent) + ",\"received\":" + std::to_string(each.received) +
           ",\"rtt_min\":" + std::to_string(each.least.count()) +
           ",\"rtt_avg\":" + std::to_string(each.mean().count()) + ",\"rtt_max\":" + std::to_string(each.most.count()) +
           "}";
}

std::string table_of_one_round(const ping_tally& seen, const terminal& reader) {
    table shown({{.title = "Name"}, {.title = "ID"}, {.title = "RTT", .side = align::right}});
    for (const auto& [name, each] : seen.instances())
        shown.add({each.service.name, each.service.id, readable(each.least)});
    return shown.render(reader);
}

std::string table_of_rounds(const ping_tally& seen, const terminal& reader) {
    table shown({{.title = "Name"},
                 {.title = "ID"},
                 {.title = "Sent", .side = align::right},
                 {.title = "Received", .side = align::right},
                 {.title = "Loss", .side = align::right},
                 {.title = "Min", .side = align::right},
                 {.title = "Avg", .side = align::right},
                 {.title = "Max", .side = align::right}});
    for (const auto& [name, each] : seen.instances())
        shown.add({each.service.name, each.service.id, std::to_string(each.sent), std::to_string(each.received),
                   loss_text(each.sent, each.received), readable(each.least), readable(each.mean()),
                   readable(each.most)});
    return shown.render(reader);
}

void print_pings(const ping_command& chosen, const ping_tally& seen) {
    const bool once = chosen.count == 1;
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& [name, each] : seen.instances()) texts.push_back(ping_json(each, once));
        return write_out(json_array(texts));
    }
    const terminal reader = look_at(STDOUT_FILENO, chosen.color);
    write_out(once ? table_of_one_round(seen, reader) : table_of_rounds(seen, reader));
    write_err(seen.summary(once) + "\n");
}

/// Its rounds may be left behind when a signal ends the command, so all that they use is theirs, too.
struct ping_run {
    ping_run(ping_command asked, server_access opened)
        : chosen(std::move(asked)), access(std::move(opened)), changed(access.connection.executor()) {}

    ping_command chosen;
    server_access access;
    ping_tally seen;
    nats::async_event changed;
    bool interrupted = false;
    bool round_ended = false;
    std::exception_ptr failed;
};

asio::awaitable<void> end_at_signal(loop* running, std::shared_ptr<ping_run> run) {
    co_await running->interrupted();
    run->interrupted = true;
    run->changed.set();
}

/// Nobody at all is said by `explain_silence`, but only as long as nobody ever answered: later it is a loss.
asio::awaitable<void> ask_round(std::shared_ptr<ping_run> run) {
    micro::discovery services(run->access.connection);
    service_choice whom;
    whom.name = run->chosen.name;
    const auto options = discovery_options_of(run->access, whom);
    const auto asked_at = clock::now();
    const auto replies = co_await services.ping(options);
    if (replies.empty() && run->seen.instances().empty())
        co_await explain_silence(run->access, whom, clock::now() - asked_at, services.unreadable());
    report_unreadable(services.unreadable());
    run->seen.add_round(replies);
}

asio::awaitable<void> wait_for_round(std::shared_ptr<ping_run> run) {
    run->round_ended = false;
    asio::co_spawn(run->access.connection.executor(), ask_round(run), [run](const std::exception_ptr& failed) {
        run->failed = failed;
        run->round_ended = true;
        run->changed.set();
    });
    while (!run->round_ended && !run->interrupted) co_await run->changed.wait_for(ping_slice);
    if (run->failed) std::rethrow_exception(run->failed);
}

/// False when there is nobody any more to go on for.
asio::awaitable<bool> wait_until_next(std::shared_ptr<ping_run> run, clock::time_point next) {
    while (!run->interrupted && clock::now() < next) {
        const auto until = std::min(next, clock::now() + ping_slice);
        co_await run->changed.wait_until(until);
        if (is_reader_gone()) co_return false;
    }
    co_return !run->interrupted;
}

asio::awaitable<exit_code> ping_rounds(loop* running, ping_command chosen) {
    auto access = co_await open_access(chosen.server, running);
    const auto run = std::make_shared<ping_run>(chosen, std::move(access));
    auto next = clock::now() + chosen.interval;
    co_await wait_for_round(run);
    // From now on there is something to tell, so a signal only ends the rounds.
    if (chosen.count != 1)
        asio::co_spawn(run->access.connection.executor(), end_at_signal(running, run),
                       [](const std::exception_ptr&) {});
    const bool followed = look_at(STDERR_FILENO, chosen.color).interactive && !chosen.json;
    for (std::uint64_t rounds = 1; chosen.count == 0 || rounds < chosen.count; ++rounds) {
        if (followed) write_err(run->seen.last_round() + "\n");
        const bool go_on = co_await wait_until_next(run, next);
        if (!go_on) break;
        next += chosen.interval;
        co_await wait_for_round(run);
    }
    print_pings(chosen, run->seen);
    co_return run->interrupted&& chosen.count != 0 ? exit_code::interrupted : exit_code::ok;
}

}  // namespace

exit_code run(const ping_command& chosen) {
    loop running;
    return running.run(ping_rounds(&running, chosen));
}

}  // namespace mote::command
