#include <apps/mote/doctor/commands.hpp>

#include <apps/mote/doctor/bounded_checks.hpp>
#include <apps/mote/doctor/machine_checks.hpp>
#include <apps/mote/doctor/server_checks.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>

#include <mote/nats/async_event.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <optional>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds patience_with_server = 4500ms;
constexpr std::chrono::milliseconds patience_with_machine = 2000ms;

/// How far the clock of the wall and the one that only goes forward are apart; that changes when somebody sets the first one.
std::chrono::nanoseconds distance_of_clocks() {
    return std::chrono::system_clock::now().time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch();
}

std::optional<finding> check_jump(std::chrono::nanoseconds before) {
    constexpr std::chrono::nanoseconds tolerated = 100ms;
    if (std::chrono::abs(distance_of_clocks() - before) < tolerated) return std::nullopt;
    finding jumped;
    jumped.check = "clock";
    jumped.how = severity::warn;
    jumped.text = "it was set while this looked: times of messages jump, too";
    jumped.mend = "sudo timedatectl set-ntp true";
    return jumped;
}

/// A server that takes connections and says nothing ends no check by itself.
asio::awaitable<exit_code> ask_server(server_choice chosen, std::shared_ptr<std::vector<finding>> into) {
    const auto executor = co_await asio::this_coro::executor;
    const auto done = std::make_shared<nats::async_event>(executor);
    asio::co_spawn(executor, check_server(chosen, into), [done](const std::exception_ptr&) { done->set(); });
    const bool ended = co_await done->wait_for(patience_with_server);
    if (!ended) {
        finding late;
        late.check = "server";
        late.how = severity::fail;
        late.text = "no answer in time";
        late.mend = "mote ping";
        late.code = exit_code::timeout;
        into->push_back(late);
    }
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const doctor_command& chosen) {
    const auto clocks = distance_of_clocks();
    bounded_checks machine(machine_checks());
    const auto about_server = std::make_shared<std::vector<finding>>();
    {
        loop running;
        const auto ended = running.run(ask_server(chosen.server, about_server));
        if (ended != exit_code::ok) return ended;
    }
    auto findings = machine.results(patience_with_machine);
    if (auto jumped = check_jump(clocks)) findings.push_back(std::move(*jumped));
    findings.insert(findings.end(), about_server->begin(), about_server->end());
    const auto code = code_of(findings);
    try {
        write_out(chosen.json ? json_of(findings) : report_of(findings, look_at(STDOUT_FILENO, chosen.color)));
    } catch (...) {
        return explain(std::current_exception());
    }
    // What does not end is not waited for: it has nothing to lose.
    if (machine.any_left()) ::_exit(static_cast<int>(code));
    return code;
}

}  // namespace mote::command
