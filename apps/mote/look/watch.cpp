#include <apps/mote/look/activity_json.hpp>
#include <apps/mote/look/commands.hpp>
#include <apps/mote/look/watch_columns.hpp>
#include <apps/mote/look/watch_rounds.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

std::string time_cell(const std::optional<std::chrono::nanoseconds>& time) { return time ? readable(*time) : "-"; }

std::string table_of_activity(const watch_rounds& rounds, const terminal& reader) {
    table shown({{.title = "Service", .flexible = true},
                 {.title = "Endpoint", .flexible = true},
                 {.title = "Instances", .side = align::right},
                 {.title = "Req/s", .side = align::right},
                 {.title = "Err/s", .side = align::right},
                 {.title = "Mean", .side = align::right},
                 {.title = "P50", .side = align::right},
                 {.title = "P99", .side = align::right},
                 {.title = "In flight", .side = align::right}});
    for (const auto& service : rounds.seen.services()) {
        if (!rounds.chosen.name.empty() && service.name != rounds.chosen.name) continue;
        for (const auto& each : rounds.seen.endpoints(service.name))
            shown.add({service.name, each.name, std::to_string(each.instances), rate_text(each.rate),
                       rate_text(each.error_rate), time_cell(each.average), time_cell(each.p50), time_cell(each.p99),
                       each.in_flight ? std::to_string(*each.in_flight) : "-"});
    }
    return shown.render(reader);
}

/// A line for each interval, or what one interval came to. Rounds in which the server is away have none.
asio::awaitable<exit_code> print_rounds(std::shared_ptr<watch_rounds> rounds) {
    const auto& chosen = rounds->chosen;
    auto next = clock::now();
    for (;;) {
        next = std::max(next + chosen.interval, clock::now());
        const bool read = co_await wait_for_round(rounds, next);
        if (!read) co_return exit_code::ok;
        const auto before = rounds->seen.rounds();
        try {
            co_await look_once(rounds, false);
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == nats::errc::closed || chosen.once || !chosen.json) throw;
            say(plain_reason(failed.what()) + "; it goes on");
        }
        if (rounds->seen.rounds() == before) continue;
        if (chosen.json)
            write_out(activity_json(rounds->seen, std::chrono::system_clock::now(), chosen.name));
        else
            write_out(table_of_activity(*rounds, look_at(STDOUT_FILENO, chosen.color)));
        if (chosen.once || !chosen.json) co_return exit_code::ok;
    }
}

/// A terminal that can do nothing but lines gets a table of lines.
bool has_screen() {
    const char* const kind = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb" && *kind != '\0';
}

asio::awaitable<exit_code> watch(loop* running, watch_command chosen) {
    const bool on_screen = !chosen.once && !chosen.json && has_screen();
    chosen.server.reconnects = on_screen || (chosen.json && !chosen.once);
    auto access = co_await open_access(chosen.server, running);
    const auto rounds = std::make_shared<watch_rounds>(chosen, std::move(access));
    co_await look_once(rounds, !on_screen || !chosen.name.empty());
    rounds->lines = !on_screen;
    if (!on_screen) co_return co_await print_rounds(rounds);
    asio::co_spawn(rounds->access.connection.executor(), look_again_and_again(rounds),
                   [](const std::exception_ptr&) {});
    co_return co_await watch_on_screen(rounds);
}

}  // namespace

exit_code run(const watch_command& chosen) {
    loop running;
    return running.run(watch(&running, chosen));
}

}  // namespace mote::command
