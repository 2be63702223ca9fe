#include <apps/mote/shell/live_words.hpp>

#include <apps/mote/gateway_client.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/nats/detail/context_file.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <chrono>
#include <exception>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Whoever presses a key waits for it.
constexpr std::chrono::milliseconds longest_wait = 300ms;
/// Services that answer at all answer one right behind the other.
constexpr std::chrono::milliseconds longest_gap = 60ms;

using found_words = std::vector<candidate>;

asio::awaitable<std::vector<micro::service_info>> ask_instances(asked_places places, std::string name) {
    auto options = nats::options_from_environment(places.server);
    options.name = "mote completion";
    options.connect_timeout = longest_wait;
    options.reconnect.enabled = false;
    const auto connection = co_await nats::connection::connect(options);
    micro::discovery_options asked;
    asked.name = std::move(name);
    asked.timeout = longest_wait;
    asked.stall = longest_gap;
    micro::discovery services(connection);
    co_return co_await services.info(asked);
}

std::string about_service(const micro::service_info& service) {
    return service.description.empty() ? service.version : service.version + "  " + service.description;
}

asio::awaitable<void> find_services(asked_places places, bool with_subjects, found_words* into) {
    const auto instances = co_await ask_instances(places, std::string());
    for (const auto& each : instances) {
        into->push_back({each.name, about_service(each)});
        if (!with_subjects) continue;
        for (const auto& endpoint : each.endpoints)
            into->push_back({endpoint.subject, each.name + " " + endpoint.name});
    }
}

asio::awaitable<void> find_of_service(asked_places places, std::string service, word_kind kind, found_words* into) {
    const auto instances = co_await ask_instances(places, service);
    for (const auto& each : instances) {
        if (kind == word_kind::instance) into->push_back({each.id, about_service(each)});
        if (kind == word_kind::endpoint)
            for (const auto& endpoint : each.endpoints) into->push_back({endpoint.name, endpoint.subject});
    }
}

asio::awaitable<void> find_functions(asked_places places, found_words* into) {
    gateway_choice chosen;
    chosen.url = places.gateway;
    chosen.credentials = places.credentials;
    chosen.timeout = longest_wait;
    const auto executor = co_await asio::this_coro::executor;
    gateway_client client(executor, chosen);
    const auto answer = co_await client.ask(client.request("GET", "/system/functions"), "functions");
    const auto value = json_of(answer);
    for (const auto& each : value.as_array()) into->push_back({text_of(each, "name"), text_of(each, "image")});
}

/// The words that were found when the time is over, or when the work has ended or failed.
found_words run_shortly(asio::awaitable<void> work, const found_words& into) {
    asio::io_context context(1);
    asio::co_spawn(context, std::move(work), [&](const std::exception_ptr&) { context.stop(); });
    context.run_for(longest_wait);
    return into;
}

}  // namespace

std::vector<candidate> live_words(word_kind kind, const place_in_line& at, const asked_places& places) {
    found_words found;
    try {
        switch (kind) {
            case word_kind::service: return run_shortly(find_services(places, false, &found), found);
            case word_kind::service_or_subject: return run_shortly(find_services(places, true, &found), found);
            case word_kind::instance:
            case word_kind::endpoint: {
                const std::string service = at.arguments.empty() ? std::string() : at.arguments.front();
                return run_shortly(find_of_service(places, service, kind, &found), found);
            }
            case word_kind::function: return run_shortly(find_functions(places, &found), found);
            case word_kind::context:
                for (auto& name : nats::detail::context_names()) found.push_back({std::move(name), "context"});
                return found;
            case word_kind::file:
            case word_kind::directory: return found;
        }
    } catch (const std::exception&) {
        // A shell that completes is no place for an error.
    }
    return found;
}

}  // namespace mote::command
