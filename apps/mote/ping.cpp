#include <apps/mote/commands.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>

#include <algorithm>
#include <numeric>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// The reply as it came, and the time.
std::string ping_json(const micro::ping_reply& reply) {
    std::string text = micro::detail::ping_json(reply.service);
    text.pop_back();
    return text + ",\"rtt\":" + std::to_string(reply.rtt.count()) + "}";
}

std::string summary_of(const std::vector<micro::ping_reply>& replies) {
    std::vector<std::chrono::nanoseconds> times;
    for (const auto& reply : replies) times.push_back(reply.rtt);
    const auto [least, most] = std::ranges::minmax(times);
    const auto sum = std::accumulate(times.begin(), times.end(), std::chrono::nanoseconds(0));
    const auto average = sum / static_cast<std::int64_t>(times.size());
    return counted(times.size(), "instance") + ", rtt min/avg/max " + readable(least) + "/" + readable(average) + "/" +
           readable(most) + "\n";
}

asio::awaitable<exit_code> ping(ping_command chosen, server_access access) {
    const auto replies = co_await ask_services(access, chosen.whom, &micro::discovery::ping);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& reply : replies) texts.push_back(ping_json(reply));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    table shown({{.title = "Name"}, {.title = "ID"}, {.title = "RTT", .side = align::right}});
    for (const auto& reply : replies) shown.add({reply.service.name, reply.service.id, readable(reply.rtt)});
    write_out(shown.render(look_at(STDOUT_FILENO, chosen.color)));
    write_err(summary_of(replies));
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const ping_command& chosen) { return run_with_access(chosen, ping); }

}  // namespace mote::command
