#include <mote/objects/store.hpp>

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/objects/detail/info_json.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <algorithm>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using boost::system::system_error;
using clock = std::chrono::steady_clock;

struct watcher::state {
    state(jetstream::ordered_consumer opened, std::string of, watch_options opts)
        : messages(std::move(opened)), store(std::move(of)), ignore_deletes(opts.ignore_deletes) {}

    jetstream::ordered_consumer messages;
    std::string store;
    bool ignore_deletes;
    bool caught_up = false;  // the mark was handed out
    bool stopped = false;

    static asio::awaitable<std::optional<object_info>> next(std::shared_ptr<state> self, clock::time_point deadline);
    asio::awaitable<std::optional<jetstream::ordered_message>> next_message(clock::time_point deadline);
    static asio::awaitable<void> stop(std::shared_ptr<state> self);
};

asio::awaitable<std::optional<object_info>> watcher::state::next(std::shared_ptr<state> self,
                                                                 clock::time_point deadline) {
    while (!self->stopped) {
        const auto message = co_await self->next_message(deadline);
        if (!message) {
            if (!self->stopped) self->caught_up = self->caught_up || self->messages.caught_up();
            break;
        }
        auto info = detail::parse_info(message->message.payload());
        info.modified = message->time;
        if (!info.deleted || !self->ignore_deletes) co_return info;
    }
    co_return std::nullopt;
}

asio::awaitable<std::optional<jetstream::ordered_message>> watcher::state::next_message(clock::time_point deadline) {
    const auto left = std::max(deadline - clock::now(), clock::duration::zero());
    auto receiving = caught_up ? messages.next(left) : messages.next_initial(left);
    try {
        co_return co_await std::move(receiving);
    } catch (const system_error&) {
        detail::rethrow_for(store);
    }
}

asio::awaitable<void> watcher::state::stop(std::shared_ptr<state> self) {
    self->stopped = true;
    co_await self->messages.stop();
}

namespace {

constexpr std::chrono::nanoseconds longest_wait = std::chrono::hours(24 * 365);  // the clock can count that

jetstream::deliver_policy policy_of(const watch_options& opts) {
    if (opts.updates_only) return jetstream::deliver_policy::new_messages;
    return opts.include_history ? jetstream::deliver_policy::all : jetstream::deliver_policy::last_per_subject;
}

asio::awaitable<jetstream::ordered_consumer> consume_infos(jetstream::context js, std::string store,
                                                           jetstream::deliver_policy deliver) {
    jetstream::ordered_consumer_options options;
    options.filter_subjects = {detail::all_infos(store)};
    options.deliver = deliver;
    try {
        co_return co_await jetstream::ordered_consumer::create(std::move(js), detail::stream_name(store),
                                                               std::move(options));
    } catch (const system_error&) {
        detail::rethrow_for(store);
    }
}

}  // namespace

watcher::watcher(std::shared_ptr<state> opened) : state_(std::move(opened)) {}
watcher::watcher(watcher&&) noexcept = default;
watcher& watcher::operator=(watcher&&) noexcept = default;
watcher::~watcher() = default;

asio::awaitable<watcher> watcher::open(jetstream::context js, std::string store, watch_options opts) {
    if (opts.updates_only && opts.include_history) throw_error(errc::bad_config, "updates only, and the history");
    auto messages = co_await consume_infos(std::move(js), store, policy_of(opts));
    co_return watcher(std::make_shared<state>(std::move(messages), std::move(store), opts));
}

bool watcher::caught_up() const noexcept { return state_->caught_up; }

asio::awaitable<std::optional<object_info>> watcher::next(std::chrono::nanoseconds timeout) {
    return state::next(state_, clock::now() + std::min(timeout, longest_wait));
}

asio::awaitable<void> watcher::stop() { return state::stop(state_); }

asio::awaitable<watcher> store::watch(watch_options opts) const { return watcher::open(js_, name_, opts); }

namespace {

/// Throws when nothing comes for as long as a request may take.
asio::awaitable<std::vector<object_info>> list_all(asio::awaitable<watcher> opening, std::string store,
                                                   std::chrono::nanoseconds patience) {
    auto objects_there = co_await std::move(opening);
    std::vector<object_info> objects;
    for (;;) {
        auto info = co_await objects_there.next(patience);
        if (!info) break;
        objects.push_back(std::move(*info));
    }
    if (!objects_there.caught_up()) nats::throw_error(nats::errc::timeout, "listing the objects of " + store);
    co_return objects;
}

}  // namespace

asio::awaitable<std::vector<object_info>> store::list(deleted_objects which) const {
    watch_options opts;
    opts.ignore_deletes = which == deleted_objects::hidden;
    return list_all(watch(opts), name_, 2 * js_.timeout());
}

}  // namespace mote::objects
