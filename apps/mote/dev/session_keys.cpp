// What the keys of `mote dev` do.

#include <apps/mote/dev/session.hpp>

#include <apps/mote/suggestion.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/discovery.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <tuple>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr const char* key_help =
    R"(r  restart the program
b  build and restart
o  show the build's output, or only that of builds that fail
l  list the services on the server
s  statistics of the service
c  clear the screen
q  quit, as Ctrl-C does
h  these keys)";

std::string services_table(std::vector<micro::service_info> all, const terminal& reader) {
    std::ranges::sort(all, {}, [](const auto& one) { return std::tie(one.name, one.id); });
    table shown({{.title = "Name"}, {.title = "Version"}, {.title = "ID"}, {.title = "Endpoints", .flexible = true}});
    for (const auto& each : all) {
        std::vector<std::string> names;
        for (const auto& endpoint : each.endpoints) names.push_back(endpoint.name);
        shown.add({each.name, each.version, each.id, listed(names, names.size())});
    }
    return shown.render(reader);
}

std::string statistics_table(std::vector<micro::service_stats> all, const terminal& reader) {
    std::ranges::sort(all, {}, [](const auto& one) { return std::tie(one.name, one.id); });
    table shown({{.title = "ID"},
                 {.title = "Endpoint"},
                 {.title = "Requests", .side = align::right},
                 {.title = "Errors", .side = align::right},
                 {.title = "Average", .side = align::right},
                 {.title = "Last Error", .flexible = true}});
    for (const auto& service : all)
        for (const auto& each : service.endpoints)
            shown.add({service.id, each.name, std::to_string(each.requests), std::to_string(each.errors),
                       readable(each.average_processing_time), plain_reason(each.last_error)});
    return shown.render(reader);
}

}  // namespace

void dev_session::take_key(char key) {
    switch (key) {
        case 'r':
        case 'b':
            log_.note(key == 'r' ? "restarts" : "builds");
            if (wish_ == wish::nothing) since_ = std::chrono::steady_clock::now();
            want(key == 'r' ? wish::restart : wish::build);
            break;
        case 'o':
            build_->show(!build_->shown());
            log_.note(build_->shown() ? "shows the build's output" : "shows the output of builds that fail only");
            break;
        case 'l':
        case 's':
            asio::co_spawn(running_->executor(), show(key == 's'), [this](const std::exception_ptr& failed) {
                try {
                    if (failed) std::rethrow_exception(failed);
                } catch (const std::exception& reason) {
                    log_.problem(plain_reason(reason.what()));
                }
            });
            break;
        case 'c': log_.clear(); break;
        case 'q': end(); break;
        case 'h':
        case '?': log_.lines(key_help); break;
        default: break;
    }
}

asio::awaitable<void> dev_session::show(bool statistics) {
    micro::discovery_options options;
    options.timeout = std::chrono::seconds(1);
    micro::discovery services(server_->connection());
    std::string text;
    if (statistics) {
        options.name = project_.name;
        const auto all = co_await services.stats(options);
        text = statistics_table(all, log_.reader());
    } else {
        const auto all = co_await services.info(options);
        text = services_table(all, log_.reader());
    }
    log_.lines(text.empty() ? std::string("no services answer") : text);
}

}  // namespace mote::command
