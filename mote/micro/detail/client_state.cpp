#include <mote/micro/detail/client_state.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/deadline.hpp>
#include <mote/micro/detail/callers.hpp>
#include <mote/micro/detail/gather.hpp>
#include <mote/micro/detail/hedge.hpp>
#include <mote/micro/detail/later.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/async_event.hpp>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds longest_backoff = std::chrono::seconds(2);
constexpr std::uint32_t hedge_percentile = 95;

std::uint32_t random_number() {
    static thread_local std::minstd_rand generator{std::random_device{}()};
    return static_cast<std::uint32_t>(generator());
}

/// Late enough to hear of all instances, early enough to ask one of them.
clock::time_point half_way(clock::time_point deadline) {
    const auto now = clock::now();
    return now + (deadline - now) / 2;
}

void check(const call_options& opts) {
    if (opts.hedge.on() && !opts.idempotent)
        throw_error(errc::bad_call, "a hedged call may be made twice, so it has to be idempotent");
    if (!opts.subject.empty() && !opts.instance.empty())
        throw_error(errc::bad_call, "an instance is asked on a subject of its own, not on \"" + opts.subject + "\"");
}

void check_without_lookup(const call_options& opts) {
    check(opts);
    if (!opts.instance.empty() || opts.version.constrains() || !opts.subject.empty())
        throw_error(errc::bad_call, "instance, version and subject are for calls by name");
    if (opts.hedge.on() && !opts.hedge.delay())
        throw_error(errc::bad_call, "a hedged call to a subject needs a delay, as its latency is not known");
}

/// When a call that nobody got is made again.
class retries {
public:
    retries(const call_options& opts, clock::time_point deadline)
        : left_(opts.idempotent ? opts.max_tries - 1 : 0),
          pause_(std::min(opts.backoff, longest_backoff)),
          deadline_(deadline) {}

    /// Waits; false when there is no further try, or no time for one.
    asio::awaitable<bool> next(asio::any_io_executor executor, bool at_once) {
        if (left_-- <= 0) co_return false;
        if (at_once) co_return clock::now() < deadline_;
        const auto until = later(clock::now(), shortened(pause_));
        if (until >= deadline_) co_return false;
        pause_ = std::min(pause_ * 2, longest_backoff);
        nats::async_event over(executor);
        co_await over.wait_until(until);
        co_return true;
    }

private:
    static std::chrono::nanoseconds shortened(std::chrono::nanoseconds pause) {
        return pause - pause / 2 * (random_number() % 1024) / 1024;
    }

    int left_;
    std::chrono::nanoseconds pause_;
    clock::time_point deadline_;
};

}  // namespace

client_state::client_state(nats::connection connection, const client_options& opts)
    : connection_(std::move(connection)),
      opts_(opts),
      directory_(std::make_shared<directory>(connection_, opts)),
      turn_(random_number()) {}

std::optional<client_span> client_state::open_span(const call_told& told, nats::headers& headers) const {
    if (!opts_.spans || !connection_.server().headers) return std::nullopt;
    return client_span::open(opts_.spans, told, headers);
}

// ---- one reply

asio::awaitable<nats::message> client_state::call(std::shared_ptr<client_state> self, std::string service,
                                                  std::string endpoint, std::string payload, call_options opts) {
    check(opts);
    const auto started = clock::now();
    directory::wish wanted;
    wanted.enough = [&endpoint, &opts](const found_service& found) { return is_enough(found, endpoint, opts); };
    wanted.oldest = started - self->opts_.max_age;
    wanted.deadline = self->deadline_of(opts.timeout, opts.deadline);
    retries tries(opts, wanted.deadline);
    std::set<std::string> silent;
    std::string asked_before;
    std::exception_ptr nobody;
    for (;;) {
        wanted.settle = half_way(wanted.deadline);
        std::shared_ptr<const known_service> known;
        try {
            known = co_await directory::find(self->directory_, service, wanted);
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != errc::not_found || !opts.idempotent) throw;
            nobody = std::current_exception();
        }
        if (known != nullptr) {
            const bool apart = opts.hedge.on() && opts.instance.empty() && !nobody;
            const auto chosen = choose(known->service, endpoint, opts, {self->turn_++, silent, apart});
            if (nobody && !opts.idempotent && chosen.subject == asked_before) std::rethrow_exception(nobody);
            auto asked = self->make_question(known, endpoint, opts, chosen, silent);
            asked.deadline = wanted.deadline;
            asked.apart = apart;
            const auto asked_at = clock::now();
            std::optional<nats::message> reply;
            try {
                reply = co_await self->ask(&asked, &payload, &opts);
            } catch (const boost::system::system_error& failed) {
                // To publish to a direct subject may not be allowed, or it leads nowhere from another account.
                const bool denied = apart && !chosen.instance.empty() && failed.code() == nats::errc::permission_denied;
                if (failed.code() != nats::errc::no_responders && !denied) throw;
                nobody = std::current_exception();
            }
            if (reply) {
                self->note_latency(service, endpoint, clock::now() - asked_at);
                if (auto failed = error_in(reply->view())) throw std::move(*failed);
                co_return std::move(*reply);
            }
            asked_before = chosen.subject;
            if (!chosen.instance.empty()) silent.insert(chosen.instance);
            if (apart && !chosen.instance.empty()) continue;  // there is the queue group
        }
        const bool was_old = known != nullptr && known->asked_at < started;
        wanted.oldest = clock::now();
        if (!opts.idempotent && was_old) continue;
        const bool again = co_await tries.next(self->connection_.executor(), was_old);
        if (!again) std::rethrow_exception(nobody);
    }
}

client_state::question client_state::make_question(std::shared_ptr<const known_service> known,
                                                   const std::string& endpoint, const call_options& opts,
                                                   const target& chosen, const std::set<std::string>& silent) {
    question made;
    made.subject = chosen.subject;
    if (!opts.hedge.on()) return made;
    made.delay = opts.hedge.delay();
    if (!made.delay)
        if (const auto* const recent = directory_->latencies(known->service.name, endpoint))
            made.delay = recent->percentile(hedge_percentile);
    made.known = std::move(known);
    made.endpoint = endpoint;
    made.asked = silent;
    if (!chosen.instance.empty()) made.asked.insert(chosen.instance);
    return made;
}

asio::awaitable<nats::message> client_state::ask(const question* asked, const std::string* payload,
                                                 const call_options* opts) {
    auto first = request(asked->subject, *payload, opts->headers, asked->deadline);
    if (!asked->delay) co_return co_await std::move(first);
    const std::function<asio::awaitable<nats::message>()> again = [this, asked, payload, opts] {
        return request(second_subject(*asked, *opts), *payload, opts->headers, asked->deadline);
    };
    co_return co_await hedged(connection_.executor(), std::move(first), *asked->delay, again);
}

/// Chosen when it is time: a call that looked the service up began with the first instance that answered, and others may
/// have been found meanwhile.
std::string client_state::second_subject(const question& asked, const call_options& opts) {
    if (asked.known == nullptr) return asked.subject;
    const auto latest = directory_->latest(asked.known->service.name, asked.known->asked_at);
    const auto& service = (latest != nullptr ? latest : asked.known)->service;
    return choose(service, asked.endpoint, opts, {turn_, asked.asked, asked.apart}).subject;
}

asio::awaitable<nats::message> client_state::request(const std::string& subject, const std::string& payload,
                                                     const nats::headers& headers, time_point deadline) const {
    nats::request_options opts;
    opts.timeout = deadline - clock::now();
    if (opts.timeout.count() <= 0) nats::throw_error(nats::errc::timeout, "no time left for a request to " + subject);
    opts.headers = headers;
    if (connection_.server().headers)
        add_deadline(opts.headers, opts.timeout);
    else
        opts.headers.remove(caller_header);
    return connection_.request(subject, payload, opts);
}

void client_state::note_latency(const std::string& service, const std::string& endpoint,
                                std::chrono::nanoseconds took) {
    if (auto* const recent = directory_->latencies(service, endpoint)) recent->add(took);
}

client_state::time_point client_state::deadline_of(std::chrono::nanoseconds timeout,
                                                   const std::optional<time_point>& also) const {
    const auto deadline = later(clock::now(), timeout.count() > 0 ? timeout : opts_.timeout);
    return also ? std::min(deadline, *also) : deadline;
}

asio::awaitable<nats::message> client_state::call_subject(std::shared_ptr<client_state> self, std::string subject,
                                                          std::string payload, call_options opts) {
    check_without_lookup(opts);
    question asked;
    asked.subject = subject;
    asked.delay = opts.hedge.delay();
    asked.deadline = self->deadline_of(opts.timeout, opts.deadline);
    retries tries(opts, asked.deadline);
    for (;;) {
        std::exception_ptr nobody;
        try {
            auto reply = co_await self->ask(&asked, &payload, &opts);
            if (auto failed = error_in(reply.view())) throw std::move(*failed);
            co_return reply;
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != nats::errc::no_responders) throw;
            nobody = std::current_exception();
        }
        const bool again = co_await tries.next(self->connection_.executor(), false);
        if (!again) std::rethrow_exception(nobody);
    }
}

// ---- a stream of replies

asio::awaitable<reply_reader> client_state::read_stream(std::shared_ptr<client_state> self, std::string service,
                                                        std::string endpoint, std::string payload,
                                                        stream_options opts) {
    const call_options any;
    directory::wish wanted;
    wanted.enough = [&endpoint, &any](const found_service& found) { return is_enough(found, endpoint, any); };
    wanted.oldest = clock::now() - self->opts_.max_age;
    wanted.deadline = self->deadline_of(opts.timeout, opts.deadline);
    wanted.settle = half_way(wanted.deadline);
    const auto known = co_await directory::find(self->directory_, service, wanted);
    const std::set<std::string> none;
    auto chosen = choose(known->service, endpoint, any, {self->turn_++, none});
    co_return micro::read_stream(self->connection_, std::move(chosen.subject), std::string_view(payload),
                                 std::move(opts));
}

// ---- replies of all instances

asio::awaitable<std::vector<instance_reply<nats::message>>> client_state::call_all(std::shared_ptr<client_state> self,
                                                                                   std::string service,
                                                                                   std::string endpoint,
                                                                                   std::string payload,
                                                                                   gather_options opts) {
    directory::wish wanted;
    wanted.enough = [](const found_service&) { return false; };
    wanted.oldest = clock::now() - opts.max_age;
    wanted.deadline = self->deadline_of(opts.timeout, opts.deadline);
    wanted.settle = half_way(wanted.deadline);
    const auto known = co_await directory::find(self->directory_, service, wanted);
    gather_bounds bounds;
    bounds.deadline = wanted.deadline;
    bounds.stall = opts.stall;
    bounds.max_replies = opts.max_replies;
    nats::headers headers = std::move(opts.headers);
    if (self->connection_.server().headers)
        add_deadline(headers, wanted.deadline - clock::now());
    else
        headers.remove(caller_header);
    gathering asked(self->connection_, plan_gathering(known->service, endpoint, opts.version), payload, headers);
    co_return co_await asked.replies(bounds);
}

}  // namespace mote::micro::detail
