#include <mote/kv/detail/snapshot.hpp>

#include <mote/kv/detail/consume.hpp>
#include <mote/kv/detail/entry.hpp>

#include <algorithm>
#include <utility>

namespace mote::kv::detail {

namespace asio = boost::asio;

snapshot::snapshot(jetstream::ordered_consumer consumer, std::string bucket, std::chrono::nanoseconds patience)
    : consumer_(std::move(consumer)), bucket_(std::move(bucket)), patience_(patience) {}

asio::awaitable<std::shared_ptr<snapshot>> snapshot::open(jetstream::context js, std::string bucket,
                                                          std::vector<std::string> filters, watch_options opts) {
    auto asked = consumer_options(bucket, filters, opts);
    asked.idle_heartbeat = std::chrono::seconds(1);  // it shows the end when the last ones are removed meanwhile
    const auto patience = std::max<std::chrono::nanoseconds>(js.timeout(), std::chrono::seconds(2));
    auto consumer = co_await consume(std::move(js), bucket, std::move(asked));
    co_return std::shared_ptr<snapshot>(new snapshot(std::move(consumer), std::move(bucket), patience));
}

asio::awaitable<std::optional<entry>> snapshot::next(std::shared_ptr<snapshot> self) {
    const auto message = co_await next_of(self->consumer_.next_initial(self->patience_), self->bucket_);
    if (message) co_return make_entry(self->bucket_, *message);
    if (!self->consumer_.caught_up()) nats::throw_error(nats::errc::timeout, "reading bucket " + self->bucket_);
    co_return std::nullopt;
}

}  // namespace mote::kv::detail
