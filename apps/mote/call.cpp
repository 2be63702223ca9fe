#include <apps/mote/gateway_client.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string target_of(const call_command& chosen) { return "/async-function/" + path_segment(chosen.id); }

/// What the gateway tells, a line each, in its order; the answer itself is for standard output alone.
std::string sheet_of(const boost::json::value& told, const terminal& reader) {
    sheet shown(reader);
    if (const auto* const members = told.if_object())
        for (const auto& [key, value] : *members) {
            std::string label(key);
            std::ranges::replace(label, '_', ' ');
            shown.field(0, label, value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value));
        }
    return shown.text();
}

asio::awaitable<exit_code> look(call_command chosen, gateway_client* gateway) {
    auto asked = gateway->request("GET", target_of(chosen));
    const auto answer = co_await gateway->send(std::move(asked));
    if (answer.status == 404)
        throw failure(exit_code::not_found, chosen.id +
                                                ": no call of that id, or it is forgotten by now; "
                                                "`mote invoke NAME --async` prints the id of a new one");
    if (answer.status != 200) throw gateway_client::refusal(chosen.id, answer);
    const auto told = json_of(answer);
    write_out(chosen.json ? answer.body + "\n" : sheet_of(told, look_at(STDOUT_FILENO, chosen.color)));
    co_return exit_code::ok;
}

asio::awaitable<exit_code> cancel(call_command chosen, gateway_client* gateway) {
    auto asked = gateway->request("DELETE", target_of(chosen));
    const auto answer = co_await gateway->send(std::move(asked));
    if (answer.status == 404)
        throw failure(exit_code::not_found, chosen.id + ": no call of that id, or it is forgotten by now");
    if (answer.status < 200 || answer.status >= 300) throw gateway_client::refusal(chosen.id, answer);
    write_err("Cancelled " + chosen.id + ".\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const call_command& chosen) { return run_with_gateway(chosen, chosen.cancel ? cancel : look); }

}  // namespace mote::command
