#include <mote/jetstream/pull_consumer.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_state.hpp>

#include <algorithm>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_ahead = 500;

/// The options with their defaults filled in, within what the consumer allows.
pull_options checked(const consumer_info& consumer, pull_options opts) {
    if (consumer.push) throw_error(errc::bad_config, consumer.name + " is a push consumer");
    if (opts.max_messages == 0)
        opts.max_messages = opts.max_in_flight == 0 ? most_ahead : opts.max_in_flight + (opts.max_in_flight + 3) / 4;
    if (opts.max_messages < opts.max_in_flight) throw_error(errc::bad_config, "max_messages below max_in_flight");
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

asio::awaitable<std::size_t> pull_consumer::stop(std::chrono::nanoseconds timeout) {
    state_->begin_stop();
    return detail::pull_state::finish_stop(state_, detail::deadline_after(timeout));
}

pull_stats pull_consumer::stats() const noexcept { return state_->stats(); }

const std::string& pull_consumer::stream() const noexcept { return state_->stream(); }

const std::string& pull_consumer::name() const noexcept { return state_->name(); }

}  // namespace mote::jetstream
