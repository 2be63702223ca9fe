#include <apps/mote/json_output.hpp>
#include <apps/mote/look/commands.hpp>
#include <apps/mote/lookup.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>
#include <mote/micro/watch.hpp>

#include <set>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::nanoseconds event_slice = std::chrono::milliseconds(200);

std::string word_of(micro::service_change what) {
    switch (what) {
        case micro::service_change::appeared: return "appeared";
        case micro::service_change::changed: return "changed";
        case micro::service_change::gone: break;
    }
    return "gone";
}

std::string now_text() {
    const auto now = std::chrono::system_clock::now();
    return micro::detail::utc_text(std::chrono::time_point_cast<std::chrono::milliseconds>(now));
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

/// Says what happens to instances, and to the connection.
class event_printer {
public:
    event_printer(const events_command& chosen, const std::vector<micro::ping_reply>& there)
        : json_(chosen.json), reader_(look_at(STDOUT_FILENO, chosen.color)) {
        for (const auto& each : there) there_.emplace(each.service.name, each.service.id);
    }

    void print(const micro::service_event& event) {
        const auto& service = event.service;
        const bool known = there_.erase({service.name, service.id}) != 0;
        const bool from_start = known && event.what == micro::service_change::appeared;
        const std::string what = from_start ? "there" : word_of(event.what);
        write_out(json_ ? json_line(what, service) : line(what, service));
    }
    void link(bool away) { say(away ? "the server is away; it is waited for" : "the server is back"); }

private:
    static std::string json_line(const std::string& what, const micro::service_info& service) {
        return "{\"time\":\"" + now_text() + "\",\"event\":\"" + what +
               "\",\"service\":" + valid_json(micro::detail::info_json(service)) + "}\n";
    }
    std::string line(const std::string& what, const micro::service_info& service) const {
        const std::string name = printable(service.name);
        const std::string version = printable(service.version);
        const std::string id = printable(service.id);
        if (!reader_.interactive) return now_text() + "\t" + what + "\t" + name + "\t" + version + "\t" + id + "\n";
        const std::string shown = name + " " + version + "  " + id;
        return reader_.dim(now_text()) + "  " + reader_.bold(padded(what, std::string_view("appeared").size())) + "  " +
               shortened(shown, reader_.width > 45 ? reader_.width - 36 : reader_.width, reader_.ellipsis()) + "\n";
    }

    bool json_;
    terminal reader_;
    std::set<std::pair<std::string, std::string>> there_;  // and not printed yet
};

/// Instances that come while it is asked are those that were there, too. A name that nobody has yet is waited for.
asio::awaitable<std::vector<micro::ping_reply>> who_is_there(const server_access* access, const std::string* name) {
    micro::discovery services(access->connection);
    service_choice whom;
    whom.name = *name;
    const auto options = discovery_options_of(*access, whom);
    const auto replies = co_await services.ping(options);
    co_return replies;
}

/// It may come, so this is no error; but it may be a slip of the pen, too.
asio::awaitable<void> say_who_is_meant(const server_access* access, const std::string* name) {
    const std::string everybody;
    std::vector<std::string> names;
    const auto all = co_await who_is_there(access, &everybody);
    for (const auto& each : all) names.push_back(each.service.name);
    const auto near = nearest(*name, names);
    say("no service \"" + *name + "\" yet; it is waited for" +
        (near.empty() ? "" : ", or did you mean " + listed(near) + "?"));
}

asio::awaitable<exit_code> events(loop* running, events_command chosen) {
    chosen.server.reconnects = true;
    const auto access = co_await open_access(chosen.server, running);
    const auto there = co_await who_is_there(&access, &chosen.name);
    if (there.empty() && !chosen.name.empty()) co_await say_who_is_meant(&access, &chosen.name);
    event_printer printer(chosen, there);
    micro::watch_options options;
    options.name = chosen.name;
    options.interval = chosen.interval;
    micro::service_watch watch(access.connection, options);
    bool away = false;
    for (;;) {
        const auto event = co_await watch.next(event_slice);
        if (event) printer.print(*event);
        const bool lost = access.connection.status() != nats::connection_status::connected;
        if (std::exchange(away, lost) != lost) printer.link(lost);
        if (is_reader_gone()) co_return exit_code::ok;
    }
}

}  // namespace

exit_code run(const events_command& chosen) {
    loop running;
    return running.run(events(&running, chosen));
}

}  // namespace mote::command
