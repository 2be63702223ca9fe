#include <mote/kv/detail/snapshot.hpp>

#include <mote/kv/detail/consume.hpp>
#include <mote/kv/detail/entry.hpp>

#include <algorithm>
#include <utility>

namespace mote::kv::detail {

namespace asio = boost::asio;

snapshot::snapshot(jetstream::ordered_consumer consumer, layout_ptr where, std::chrono::nanoseconds patience)
    : consumer_(std::move(consumer)), where_(std::move(where)), patience_(patience) {}

asio::awaitable<std::shared_ptr<snapshot>> snapshot::open(jetstream::context js, layout_ptr where,
                                                          std::vector<std::string> subjects, watch_options opts) {
    auto asked = consumer_options(std::move(subjects), opts);
    // It shows the end when the last ones are removed meanwhile. Twice as long a large value may take on a slow link.
    asked.idle_heartbeat = std::chrono::seconds(5);
    const auto patience = std::max<std::chrono::nanoseconds>(js.timeout(), 2 * asked.idle_heartbeat);
    auto consumer = co_await consume(std::move(js), where, std::move(asked));
    co_return std::shared_ptr<snapshot>(new snapshot(std::move(consumer), std::move(where), patience));
}

asio::awaitable<std::optional<entry>> snapshot::next(std::shared_ptr<snapshot> self) {
    for (;;) {
        const auto message = co_await next_of(self->consumer_.next_initial(self->patience_), self->where_);
        if (!message) break;
        auto made = make_entry(*self->where_, *message);
        if (made) co_return made;
    }
    if (!self->consumer_.caught_up()) nats::throw_error(nats::errc::timeout, "reading bucket " + self->where_->bucket);
    co_return std::nullopt;
}

}  // namespace mote::kv::detail
