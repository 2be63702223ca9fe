#include <mote/kv/bucket.hpp>

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/kv/detail/consume.hpp>
#include <mote/kv/detail/entry.hpp>
#include <mote/kv/detail/layout.hpp>

#include <algorithm>
#include <utility>

namespace mote::kv {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

void check_options(const watch_options& opts) {
    if (opts.updates_only && (opts.include_history || opts.resume_from != 0))
        throw_error(errc::bad_config, "updates only, and something of what is there already");
}

}  // namespace

struct watcher::state {
    jetstream::ordered_consumer consumer;
    detail::layout_ptr where;
    watch_options opts;
    bool caught_up = false;  // the mark was handed out
    bool stopped = false;

    state(jetstream::ordered_consumer from, detail::layout_ptr of, const watch_options& options)
        : consumer(std::move(from)), where(std::move(of)), opts(options) {}

    static asio::awaitable<std::optional<entry>> next(std::shared_ptr<state> self, clock::time_point deadline);
    static asio::awaitable<void> stop(std::shared_ptr<state> self);
    static asio::awaitable<watcher> open(jetstream::context js, detail::layout_ptr where,
                                         std::vector<std::string> subjects, watch_options opts);
};

asio::awaitable<watcher> watcher::state::open(jetstream::context js, detail::layout_ptr where,
                                              std::vector<std::string> subjects, watch_options opts) {
    auto asked = detail::consumer_options(std::move(subjects), opts);
    auto consumer = co_await detail::consume(std::move(js), where, std::move(asked));
    co_return watcher(std::make_shared<state>(std::move(consumer), std::move(where), opts));
}

asio::awaitable<std::optional<entry>> watcher::state::next(std::shared_ptr<state> self, clock::time_point deadline) {
    while (!self->stopped) {
        if (!self->caught_up && self->consumer.caught_up()) {
            self->caught_up = true;
            break;
        }
        const std::chrono::nanoseconds left = deadline - clock::now();
        auto reading = self->caught_up ? self->consumer.next(left) : self->consumer.next_initial(left);
        const auto message = co_await detail::next_of(std::move(reading), self->where);
        if (!message) {
            if (!self->caught_up && self->consumer.caught_up()) continue;
            break;
        }
        auto made = detail::make_entry(*self->where, *message);
        const bool wanted = made && (!self->opts.ignore_deletes || made->operation == operation::put);
        if (wanted) co_return made;
    }
    co_return std::nullopt;
}

asio::awaitable<void> watcher::state::stop(std::shared_ptr<state> self) {
    self->stopped = true;
    co_await self->consumer.stop();
}

watcher::watcher(std::shared_ptr<state> made) : state_(std::move(made)) {}
watcher::watcher(watcher&&) noexcept = default;
watcher& watcher::operator=(watcher&&) noexcept = default;
watcher::~watcher() = default;

bool watcher::caught_up() const noexcept { return state_->caught_up; }

asio::awaitable<std::optional<entry>> watcher::next(std::chrono::nanoseconds timeout) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365);
    return state::next(state_, clock::now() + std::min(timeout, longest));
}

asio::awaitable<void> watcher::stop() { return state::stop(state_); }

asio::awaitable<watcher> bucket::watch(std::string filter, watch_options opts) const {
    std::vector<std::string> filters;
    filters.push_back(std::move(filter));
    return watch(std::move(filters), opts);
}

asio::awaitable<watcher> bucket::watch(std::vector<std::string> filters, watch_options opts) const {
    auto subjects = detail::filter_subjects(*layout_, filters);
    check_options(opts);
    return watcher::state::open(js_, layout_, std::move(subjects), opts);
}

}  // namespace mote::kv
