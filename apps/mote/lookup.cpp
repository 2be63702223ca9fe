#include <apps/mote/lookup.hpp>

#include <apps/mote/output.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string in_quotes(const std::string& name) { return "\"" + name + "\""; }

failure nothing_there(const nats::connection& connection) {
    return {exit_code::not_found, "no services on " + connection.connected_server() +
                                      "; `mote demo` starts one, or choose another server with -s URL or --context"};
}

failure not_among(const std::string& name, const std::vector<std::string>& names) {
    const auto near = nearest(name, names);
    const std::string hint = near.empty() ? "there is: " + listed(names) : "did you mean " + listed(near) + "?";
    return {exit_code::not_found, "no service " + in_quotes(name) + "; " + hint};
}

}  // namespace

micro::discovery_options discovery_options_of(const server_access& access, const service_choice& whom) {
    micro::discovery_options options;
    options.name = whom.name;
    options.id = whom.id;
    options.timeout = access.timeout;
    return options;
}

void report_unreadable(std::size_t count) {
    if (count != 0) say("left out what is no service reply (ADR-32): " + counted(count, "message"));
}

asio::awaitable<void> explain_silence(server_access access, service_choice whom, std::chrono::nanoseconds waited,
                                      std::size_t unreadable) {
    const std::string subject = whom.name.empty() ? std::string("services") : "service " + in_quotes(whom.name);
    if (unreadable != 0) throw failure(exit_code::error, subject + ": the replies are no service replies (ADR-32)");
    if (waited >= access.timeout)
        throw failure(exit_code::timeout,
                      subject + ": no answer within " + readable(access.timeout) + "; wait longer with --timeout");
    if (whom.name.empty()) throw nothing_there(access.connection);

    micro::discovery services(access.connection);
    const auto options = discovery_options_of(access, service_choice());
    std::vector<std::string> names;
    std::vector<std::string> ids;
    const auto replies = co_await services.ping(options);
    for (const auto& reply : replies) {
        names.push_back(reply.service.name);
        if (reply.service.name == whom.name) ids.push_back(reply.service.id);
    }
    std::ranges::sort(ids);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty()) throw nothing_there(access.connection);
    if (ids.empty()) throw not_among(whom.name, names);
    throw failure(exit_code::not_found,
                  subject + " has no instance " + in_quotes(whom.id) + "; there is: " + listed(ids));
}

}  // namespace mote::command
