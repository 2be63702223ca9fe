#include <mote/micro/detail/survey.hpp>

#include <mote/micro/detail/later.hpp>
#include <mote/micro/detail/paged_reply.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

std::string subject_of(std::string_view verb, const discovery_options& opts) {
    auto subject = "$SRV." + std::string(verb);
    if (opts.name.empty() && !opts.id.empty())
        throw_error(errc::bad_name, "the instance \"" + opts.id + "\" needs the name of its service");
    if (opts.name.empty()) return subject;
    if (!is_valid_name(opts.name)) throw_error(errc::bad_name, "service \"" + opts.name + "\"");
    subject += "." + opts.name;
    if (opts.id.empty()) return subject;
    if (!is_valid_id(opts.id)) throw_error(errc::bad_name, "instance \"" + opts.id + "\"");
    return subject + "." + opts.id;
}

}  // namespace

asio::awaitable<std::optional<nats::message>> next_until(nats::subscription* inbox, clock::time_point deadline) {
    try {
        co_return co_await inbox->next(deadline - clock::now());
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::timeout) throw;
    }
    co_return std::nullopt;
}

bool means_nobody(const nats::message& reply) { return reply.status() == 503 && reply.payload().empty(); }

survey::survey(const nats::connection& connection, std::string_view verb, discovery_options opts)
    : connection_(connection), verb_(verb), opts_(std::move(opts)), asked_at_(clock::now()) {
    const auto subject = subject_of(verb, opts_);
    const auto reply_to = connection.new_inbox();
    inbox_ = connection.subscribe(reply_to);
    connection.publish(subject, reply_to, {}, {});
}

/// False for what cannot be read, which is counted; all else that `take` throws ends the survey.
template <class Take>
bool survey::readable(Take take) {
    try {
        take();
        return true;
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::bad_reply) throw;
        ++unreadable_;
        return false;
    }
}

asio::awaitable<survey_end> survey::run(reader read) {
    const auto deadline = later(asked_at_, opts_.timeout);
    const auto how = co_await run_until(deadline, &read);
    for (const auto& subject : std::exchange(large_, {}))
        if (!stopped_) co_await ask_for_pages(subject, deadline, &read);
    co_return how;
}

asio::awaitable<survey_end> survey::run_until(time_point deadline, const reader* read) {
    const auto most = opts_.id.empty() ? opts_.max_replies : 1;
    auto until = deadline;
    for (std::size_t replies = 0; most == 0 || replies < most;) {
        const auto reply = co_await next_until(&inbox_, until);
        if (!reply) co_return survey_end::time_over;
        if (means_nobody(*reply)) co_return survey_end::nobody_there;
        const auto now = clock::now();
        const bool taken = readable([&] {
            if (means_too_large(*reply))
                large_.push_back(page_subject(verb_, *reply));
            else
                (*read)(reply->payload(), now - asked_at_);
        });
        if (taken) ++replies;
        if (opts_.stall.count() > 0) until = std::min(deadline, later(now, opts_.stall));
    }
    co_return survey_end::enough;
}

/// One that ends meanwhile, or does not know pages, is as one that cannot be read.
asio::awaitable<void> survey::ask_for_pages(std::string subject, time_point deadline, const reader* read) {
    std::string text;
    try {
        text = co_await paged_reply(connection_, std::move(subject), deadline);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::closed) throw;
        ++unreadable_;
        co_return;
    }
    readable([&] { (*read)(text, clock::now() - asked_at_); });
}

}  // namespace mote::micro::detail
