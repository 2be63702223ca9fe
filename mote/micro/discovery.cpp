#include <mote/micro/discovery.hpp>

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/survey.hpp>
#include <mote/micro/service_error.hpp>

#include <exception>
#include <utility>

namespace mote::micro {
namespace {

namespace asio = boost::asio;

/// Asks and makes a result of each reply, which `read` gets with the time since the question.
template <class Result>
asio::awaitable<std::vector<Result>> collect(nats::connection connection, std::string_view verb, discovery_options opts,
                                             std::size_t* unreadable,
                                             Result (*read)(std::string_view, std::chrono::nanoseconds)) {
    std::vector<Result> results;
    detail::survey survey(connection, verb, std::move(opts));
    const detail::survey::reader take = [&results, read](std::string_view text, std::chrono::nanoseconds after) {
        results.push_back(read(text, after));
    };
    std::exception_ptr failed;
    try {
        co_await survey.run(take);
    } catch (...) {
        failed = std::current_exception();
    }
    *unreadable += survey.unreadable();
    if (failed) std::rethrow_exception(failed);
    co_return results;
}

ping_reply read_ping(std::string_view text, std::chrono::nanoseconds rtt) {
    ping_reply reply;
    reply.service = detail::parse_ping_reply(text);
    reply.rtt = rtt;
    return reply;
}

service_info read_info(std::string_view text, std::chrono::nanoseconds) { return detail::parse_info_reply(text); }

service_stats read_stats(std::string_view text, std::chrono::nanoseconds) { return detail::parse_stats_reply(text); }

asio::awaitable<std::optional<found_service>> merged(asio::awaitable<std::vector<service_info>> asked, std::string name,
                                                     version_range version) {
    if (name.empty()) throw_error(errc::bad_name, "a service without a name");
    auto answered = co_await std::move(asked);
    found_service found;
    found.name = std::move(name);
    for (auto& instance : answered)
        if (instance.name == found.name && version.contains(instance.version)) found.add(std::move(instance));
    if (found.instances.empty()) co_return std::nullopt;
    co_return found;
}

}  // namespace

asio::awaitable<std::vector<ping_reply>> discovery::ping(discovery_options opts) {
    return collect(*connection_, "PING", std::move(opts), &unreadable_, read_ping);
}

asio::awaitable<std::vector<service_info>> discovery::info(discovery_options opts) {
    return collect(*connection_, "INFO", std::move(opts), &unreadable_, read_info);
}

asio::awaitable<std::vector<service_stats>> discovery::stats(discovery_options opts) {
    return collect(*connection_, "STATS", std::move(opts), &unreadable_, read_stats);
}

asio::awaitable<std::optional<found_service>> discovery::find(std::string name, version_range version,
                                                              discovery_options opts) {
    opts.name = name;
    return merged(info(std::move(opts)), std::move(name), std::move(version));
}

}  // namespace mote::micro
