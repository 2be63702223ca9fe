#include <apps/mote/doctor/permission_checks.hpp>

#include <mote/nats/error.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mote::command {
namespace {

namespace asio = boost::asio;

finding allowed_or(const refusals& refused, std::string_view beginning, finding fine, const std::string& wrong,
                   const std::string& mend) {
    if (!refused.has(beginning)) return fine;
    fine.how = severity::fail;
    fine.text = wrong;
    fine.mend = mend;
    fine.code = exit_code::not_allowed;
    return fine;
}

finding permission(const char* text) {
    finding found;
    found.check = "permissions";
    found.text = text;
    return found;
}

/// Nobody there, or no answer in time: then it was allowed.
asio::awaitable<void> ask_for_services(nats::connection connection, std::chrono::milliseconds patience) {
    nats::request_many_options options;
    options.max_messages = 1;
    options.timeout = patience;
    try {
        co_await connection.request_many("$SRV.PING", "", options);
    } catch (const boost::system::system_error&) {
        // A refusal is told as an event, too.
    }
}

}  // namespace

void refusals::note(const nats::connection_event& event) {
    constexpr std::size_t most = 100;
    if (event.error == nats::errc::permission_denied && subjects_.size() < most) subjects_.push_back(event.subject);
}

bool refusals::has(std::string_view beginning) const {
    return std::ranges::any_of(subjects_, [&](const std::string& each) { return each.starts_with(beginning); });
}

asio::awaitable<std::vector<finding>> check_permissions(nats::connection connection, refusals* refused,
                                                        std::chrono::milliseconds patience) {
    const std::string inbox = connection.new_inbox();
    const std::string prefix = inbox.substr(0, inbox.rfind('.'));
    const auto answers = connection.subscribe(inbox);
    // A name that no service has: nobody asks it.
    const auto service = connection.subscribe("$SRV.PING.mote-doctor");
    co_await connection.flush(patience);
    co_await ask_for_services(connection, patience);
    co_await connection.flush(patience);
    std::vector<finding> found;
    found.push_back(allowed_or(*refused, prefix.substr(0, prefix.find('.')), permission("answers to requests come"),
                               "answers cannot come: this login may not subscribe to " + prefix + ".>",
                               "allow it to subscribe to " + prefix.substr(0, prefix.find('.')) +
                                   ".> in the server's configuration, or use --inbox-prefix"));
    const bool may_serve = !refused->has("$SRV.PING.mote-doctor");
    found.push_back(allowed_or(*refused, may_serve ? "$SRV.PING" : "\n", permission("services can be asked ($SRV)"),
                               "services cannot be asked: this login may not publish to $SRV.>",
                               "allow it to publish to $SRV.> in the server's configuration"));
    if (may_serve) {
        found.push_back(permission("services can run with this login ($SRV)"));
    } else {
        auto cannot = permission("no service can run with this login: it may not subscribe to $SRV.>");
        cannot.how = severity::warn;
        cannot.mend = "allow it to subscribe to $SRV.> in the server's configuration";
        found.push_back(std::move(cannot));
    }
    co_return found;
}

}  // namespace mote::command
