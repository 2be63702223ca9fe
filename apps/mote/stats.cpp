#include <apps/mote/commands.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

struct totals {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::chrono::nanoseconds time{};

    void add(const micro::endpoint_stats& endpoint) {
        requests += endpoint.requests;
        errors += endpoint.errors;
        time += endpoint.processing_time;
    }
    std::chrono::nanoseconds average() const {
        return requests == 0 ? std::chrono::nanoseconds(0) : time / static_cast<std::int64_t>(requests);
    }
};

std::string table_of(const std::vector<micro::service_stats>& services, const terminal& reader) {
    table shown({{.title = "ID"},
                 {.title = "Endpoint"},
                 {.title = "Requests", .side = align::right},
                 {.title = "Errors", .side = align::right},
                 {.title = "Time", .side = align::right},
                 {.title = "Average", .side = align::right},
                 {.title = "Queue Group", .flexible = true},
                 {.title = "Last Error", .flexible = true}});
    totals sum;
    for (const auto& service : services)
        for (const auto& endpoint : service.endpoints) {
            sum.add(endpoint);
            shown.add({service.id, endpoint.name, std::to_string(endpoint.requests), std::to_string(endpoint.errors),
                       readable(endpoint.processing_time), readable(endpoint.average_processing_time),
                       endpoint.queue_group, plain_reason(endpoint.last_error)});
        }
    shown.set_totals({counted(services.size(), "instance"), "all", std::to_string(sum.requests),
                      std::to_string(sum.errors), readable(sum.time), readable(sum.average()), "", ""});
    return shown.render(reader);
}

asio::awaitable<exit_code> stats(stats_command chosen, server_access access) {
    const auto services = co_await ask_services(access, chosen.whom, &micro::discovery::stats);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : services) texts.push_back(micro::detail::stats_json(each));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    const std::string shown = table_of(services, look_at(STDOUT_FILENO, chosen.color));
    write_out(shown);
    if (shown.empty()) say("service \"" + chosen.whom.name + "\" has no endpoints");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const stats_command& chosen) { return run_with_access(chosen, stats); }

}  // namespace mote::command
