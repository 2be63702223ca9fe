#include <mote/jetstream/pull_consumer.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_state.hpp>

#include <algorithm>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_ahead = 500;
constexpr std::size_t most_by_bytes = 10'000;  // where bytes are the bound

void check_priority(const consumer_info& consumer, const pull_options& opts) {
    const auto policy = consumer.config.priority;
    if ((opts.min_pending != 0 || opts.min_ack_pending != 0) && policy != priority_policy::overflow)
        throw_error(errc::bad_config, "least numbers of a consumer without the overflow policy");
    if (opts.priority != 0 && policy != priority_policy::prioritized)
        throw_error(errc::bad_config, "a priority of a consumer without the prioritized policy");
    if (opts.priority < 0 || opts.priority > 9)
        throw_error(errc::bad_config, "priority " + std::to_string(opts.priority));
}

fetch_options checked(std::size_t batch, std::size_t max_batch, std::chrono::nanoseconds longest, fetch_options opts) {
    if (batch == 0 || (max_batch != 0 && batch > max_batch))
        throw_error(errc::bad_config, "a fetch of " + std::to_string(batch));
    if (opts.no_wait) return opts;
    if (opts.expires.count() <= 0) throw_error(errc::bad_config, "a fetch that expires at once");
    if (longest.count() > 0) opts.expires = std::min(opts.expires, longest);
    if (opts.heartbeat.count() == 0 && opts.expires > std::chrono::seconds(2))
        opts.heartbeat = std::min<std::chrono::nanoseconds>(opts.expires / 2, std::chrono::seconds(5));
    if (opts.heartbeat.count() < 0 || opts.heartbeat > opts.expires / 2)
        throw_error(errc::bad_config, "a heartbeat over half of expires");
    return opts;
}

/// The options with their defaults filled in, within what the consumer allows.
pull_options checked(const consumer_info& consumer, pull_options opts) {
    if (consumer.push) throw_error(errc::bad_config, consumer.name + " is a push consumer");
    if (opts.max_messages == 0 && opts.max_bytes != 0 && opts.max_in_flight == 0) opts.max_messages = most_by_bytes;
    if (opts.max_messages == 0)
        opts.max_messages = opts.max_in_flight == 0 ? most_ahead : opts.max_in_flight + (opts.max_in_flight + 3) / 4;
    if (opts.max_messages < opts.max_in_flight) throw_error(errc::bad_config, "max_messages below max_in_flight");
    if (opts.threshold >= opts.max_messages) throw_error(errc::bad_config, "threshold not below max_messages");
    const auto most_bytes = static_cast<std::size_t>(std::max(consumer.config.max_bytes, 0));
    if (most_bytes != 0) opts.max_bytes = std::min(opts.max_bytes, most_bytes);
    check_priority(consumer, opts);
    if (opts.expires < std::chrono::seconds(1)) throw_error(errc::bad_config, "pull requests that expire within 1 s");
    const auto longest = consumer.config.max_expires;
    if (longest.count() > 0) opts.expires = std::min(opts.expires, longest);
    if (opts.idle_heartbeat < std::chrono::milliseconds(100))
        throw_error(errc::bad_config, "an idle heartbeat below 100 ms");
    if (longest.count() > 0) opts.idle_heartbeat = std::min(opts.idle_heartbeat, opts.expires / 2);
    if (opts.idle_heartbeat > opts.expires / 2) throw_error(errc::bad_config, "an idle heartbeat over half of expires");
    const auto& groups = consumer.config.priority_groups;
    const bool known = std::find(groups.begin(), groups.end(), opts.group) != groups.end();
    if (!known && (!groups.empty() || !opts.group.empty()))
        throw_error(errc::bad_config, "group '" + opts.group + "' of " + consumer.name);
    return opts;
}

}  // namespace

pull_consumer::pull_consumer(context js, const consumer_info& consumer, pull_options opts)
    : state_(std::make_shared<detail::pull_state>(std::move(js), consumer, checked(consumer, std::move(opts)))) {}

pull_consumer::pull_consumer(pull_consumer&&) noexcept = default;

pull_consumer& pull_consumer::operator=(pull_consumer&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) state_->abandon();
    state_ = std::move(other.state_);
    return *this;
}

pull_consumer::~pull_consumer() {
    if (state_ != nullptr) state_->abandon();
}

void pull_consumer::consume(delivery_handler handler) {
    if (state_->started()) throw_error(errc::bad_config, "it hands out already");
    state_->start(std::move(handler));
}

asio::awaitable<std::optional<delivery>> pull_consumer::next(std::chrono::nanoseconds timeout) {
    if (state_->has_handler()) throw_error(errc::bad_config, "next, where a handler gets the messages");
    if (!state_->started()) state_->start({});
    return detail::pull_state::next(state_, detail::deadline_after(timeout));
}

asio::awaitable<fetch_result> pull_consumer::fetch(std::size_t batch, fetch_options opts) {
    if (state_->started()) throw_error(errc::bad_config, "fetch, where a handler or next gets the messages");
    auto good = checked(batch, state_->max_batch(), state_->max_expires(), opts);
    return detail::pull_state::fetch(state_, batch, good);
}

asio::awaitable<std::size_t> pull_consumer::stop(std::chrono::nanoseconds timeout) {
    state_->begin_stop();
    return detail::pull_state::finish_stop(state_, detail::deadline_after(timeout));
}

asio::awaitable<std::size_t> pull_consumer::drain(std::chrono::nanoseconds timeout) {
    state_->begin_drain();
    return detail::pull_state::finish_drain(state_, detail::deadline_after(timeout));
}

pull_stats pull_consumer::stats() const noexcept { return state_->stats(); }

const std::string& pull_consumer::stream() const noexcept { return state_->stream(); }

const std::string& pull_consumer::name() const noexcept { return state_->name(); }

}  // namespace mote::jetstream
