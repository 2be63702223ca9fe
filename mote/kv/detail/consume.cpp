#include <mote/kv/detail/consume.hpp>

#include <mote/kv/detail/names.hpp>
#include <mote/kv/error.hpp>

#include <utility>

namespace mote::kv::detail {

namespace asio = boost::asio;

jetstream::ordered_consumer_options consumer_options(const std::string& bucket, const std::vector<std::string>& filters,
                                                     const watch_options& opts) {
    jetstream::ordered_consumer_options asked;
    for (const auto& each : filters) asked.filter_subjects.push_back(subject_of(bucket, each));
    asked.headers_only = opts.meta_only;
    asked.deliver = opts.include_history ? jetstream::deliver_policy::all : jetstream::deliver_policy::last_per_subject;
    if (opts.updates_only) asked.deliver = jetstream::deliver_policy::new_messages;
    if (opts.resume_from != 0) {
        asked.deliver = jetstream::deliver_policy::by_start_sequence;
        asked.start_sequence = opts.resume_from;
    }
    return asked;
}

asio::awaitable<jetstream::ordered_consumer> consume(jetstream::context js, std::string bucket,
                                                     jetstream::ordered_consumer_options opts) {
    try {
        co_return co_await jetstream::ordered_consumer::create(js, stream_of(bucket), std::move(opts));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    throw_error(errc::bucket_not_found, bucket);
}

asio::awaitable<std::optional<jetstream::ordered_message>> next_of(
    asio::awaitable<std::optional<jetstream::ordered_message>> reading, std::string bucket) {
    try {
        co_return co_await std::move(reading);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    throw_error(errc::bucket_not_found, bucket);
}

}  // namespace mote::kv::detail
