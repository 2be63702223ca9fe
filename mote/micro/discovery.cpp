#include <mote/micro/discovery.hpp>

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/connection.hpp>

#include <algorithm>
#include <utility>

namespace mote::micro {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

std::string subject_of(std::string_view verb, const discovery_options& opts) {
    auto subject = "$SRV." + std::string(verb);
    if (opts.name.empty() && !opts.id.empty())
        throw_error(errc::bad_name, "the instance \"" + opts.id + "\" needs the name of its service");
    if (opts.name.empty()) return subject;
    if (!detail::is_valid_name(opts.name)) throw_error(errc::bad_name, "service \"" + opts.name + "\"");
    subject += "." + opts.name;
    if (opts.id.empty()) return subject;
    if (!detail::is_valid_id(opts.id)) throw_error(errc::bad_name, "instance \"" + opts.id + "\"");
    return subject + "." + opts.id;
}

/// Nobody listens: the server says so in place of a reply.
bool means_nobody(const nats::message& reply) { return reply.status() == 503 && reply.payload().empty(); }

/// The next reply, or nothing when `deadline` has passed or the inbox has ended.
asio::awaitable<std::optional<nats::message>> next_reply(nats::subscription* inbox, clock::time_point deadline) {
    try {
        co_return co_await inbox->next(deadline - clock::now());
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::timeout) throw;
    }
    co_return std::nullopt;
}

/// Asks `subject` and reads the replies as they come; `Read` makes a result of a text and of the time since the
/// question.
template <class Result>
asio::awaitable<std::vector<Result>> collect(nats::connection connection, std::string_view verb, discovery_options opts,
                                             std::size_t* unreadable,
                                             Result (*read)(std::string_view, std::chrono::nanoseconds)) {
    const auto subject = subject_of(verb, opts);
    const auto most = opts.id.empty() ? opts.max_replies : 1;
    const auto reply_to = connection.new_inbox();
    auto inbox = connection.subscribe(reply_to);
    const auto asked_at = clock::now();
    connection.publish(subject, reply_to, {}, {});

    const auto deadline = asked_at + opts.timeout;
    auto until = deadline;
    std::vector<Result> results;
    while (most == 0 || results.size() < most) {
        const auto reply = co_await next_reply(&inbox, until);
        if (!reply || means_nobody(*reply)) break;
        const auto now = clock::now();
        try {
            results.push_back(read(reply->payload(), now - asked_at));
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != errc::bad_reply) throw;
            ++*unreadable;
        }
        if (opts.stall.count() > 0) until = std::min(deadline, now + opts.stall);
    }
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

}  // namespace mote::micro
