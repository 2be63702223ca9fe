#include <mote/kv/detail/consume.hpp>

#include <mote/kv/error.hpp>

#include <utility>

namespace mote::kv::detail {

namespace asio = boost::asio;

jetstream::ordered_consumer_options consumer_options(std::vector<std::string> subjects, const watch_options& opts) {
    jetstream::ordered_consumer_options asked;
    asked.filter_subjects = std::move(subjects);
    asked.headers_only = opts.meta_only;
    asked.deliver = opts.include_history ? jetstream::deliver_policy::all : jetstream::deliver_policy::last_per_subject;
    if (opts.updates_only) asked.deliver = jetstream::deliver_policy::new_messages;
    if (opts.resume_from != 0) {
        asked.deliver = jetstream::deliver_policy::by_start_sequence;
        asked.start_sequence = opts.resume_from;
    }
    return asked;
}

asio::awaitable<jetstream::ordered_consumer> consume(jetstream::context js, layout_ptr where,
                                                     jetstream::ordered_consumer_options opts) {
    try {
        co_return co_await jetstream::ordered_consumer::create(js, where->stream, std::move(opts));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    throw_error(errc::bucket_not_found, where->bucket);
}

asio::awaitable<std::optional<jetstream::ordered_message>> next_of(
    asio::awaitable<std::optional<jetstream::ordered_message>> reading, layout_ptr where) {
    try {
        co_return co_await std::move(reading);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
    }
    throw_error(errc::bucket_not_found, where->bucket);
}

}  // namespace mote::kv::detail
