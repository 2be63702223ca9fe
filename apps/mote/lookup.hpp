#pragma once

#include <apps/mote/server_access.hpp>

#include <mote/micro/discovery.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>
#include <vector>

namespace mote::command {

/// Which services a command is about: all, one by its name, or one instance of it.
struct service_choice {
    std::string name{};
    std::string id{};
};

/// Throws the `failure` for a question that no service answered after `waited`: nothing is there, nothing of that name (with
/// the names that are like it), no such instance, or nobody answers in time.
boost::asio::awaitable<void> explain_silence(server_access access, service_choice whom, std::chrono::nanoseconds waited,
                                             std::size_t unreadable);

micro::discovery_options discovery_options_of(const server_access& access, const service_choice& whom);

/// What replies are sorted by.
inline auto order_of(const micro::ping_reply& reply) { return std::tie(reply.service.name, reply.service.id); }
template <class Reply>
auto order_of(const Reply& reply) {
    return std::tie(reply.name, reply.id);
}

/// Says how many replies were left out because they could not be read.
void report_unreadable(std::size_t count);

/// What all of them answer to `verb`, by name and id; never nothing: throws as `explain_silence`.
template <class Reply>
boost::asio::awaitable<std::vector<Reply>> ask_services(
    server_access access, service_choice whom,
    boost::asio::awaitable<std::vector<Reply>> (micro::discovery::*verb)(micro::discovery_options)) {
    micro::discovery services(access.connection);
    const auto options = discovery_options_of(access, whom);
    const auto asked_at = std::chrono::steady_clock::now();
    std::vector<Reply> replies = co_await (services.*verb)(options);
    if (replies.empty())
        co_await explain_silence(access, whom, std::chrono::steady_clock::now() - asked_at, services.unreadable());
    report_unreadable(services.unreadable());
    std::ranges::stable_sort(replies, {}, [](const Reply& reply) { return order_of(reply); });
    co_return replies;
}

}  // namespace mote::command
