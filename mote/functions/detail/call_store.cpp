#include <mote/functions/detail/call_store.hpp>

#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;
using counts = std::map<function_name, std::uint64_t>;

asio::awaitable<void> open_stream(jetstream::context js, async_queue_options opts) {
    jetstream::stream_config config;
    config.name = async_queue::stream_name;
    config.description = "calls of functions that wait to be run";
    config.subjects = {std::string(call_subjects) + "*.*"};
    config.retention = jetstream::retention_policy::work_queue;
    config.discard = jetstream::discard_policy::new_messages;
    config.max_bytes = opts.max_bytes;
    config.max_messages = opts.max_calls;
    config.duplicate_window = opts.duplicate_window;
    config.replicas = opts.replicas;
    config.allow_direct = true;
    const auto found = co_await js.find_stream(config.name);
    if (!found) co_await js.try_create_stream(std::move(config));  // or somebody made it meanwhile, with other bounds
}

/// Adds what one page of the answer says; returns how many subjects it had, and how many there are.
std::pair<std::size_t, std::size_t> read_page(std::string_view text, counts& into) {
    boost::system::error_code failed;
    const auto reply = boost::json::parse({text.data(), text.size()}, failed);
    const auto* const object = failed ? nullptr : reply.if_object();
    const auto* const state = object == nullptr ? nullptr : object->if_contains("state");
    if (state == nullptr || !state->is_object()) jetstream::throw_error(jetstream::errc::bad_reply, "STREAM.INFO");
    const auto* const subjects = state->get_object().if_contains("subjects");
    if (subjects == nullptr || !subjects->is_object()) return {0, 0};
    for (const auto& [subject, count] : subjects->get_object()) {
        const auto name = function_in({subject.data(), subject.size()}, call_subjects);
        if (name && count.is_int64()) into[*name] = static_cast<std::uint64_t>(count.get_int64());
    }
    const auto* const total = object->if_contains("total");
    const auto seen = subjects->get_object().size();
    return {seen, total != nullptr && total->is_int64() ? static_cast<std::size_t>(total->get_int64()) : seen};
}

asio::awaitable<counts> read_pending(jetstream::context js) {
    counts found;
    const auto subject = js.api_prefix() + "STREAM.INFO." + async_queue::stream_name;
    for (std::size_t offset = 0;;) {
        nats::request_options opts;
        opts.timeout = js.timeout();
        const auto body = "{\"subjects_filter\":\">\",\"offset\":" + std::to_string(offset) + "}";
        const auto reply = co_await js.connection().request(subject, body, opts);
        const auto [seen, total] = read_page(reply.payload(), found);
        offset += seen;
        if (seen == 0 || offset >= total) co_return found;
    }
}

asio::awaitable<kept_record> read_kept(kv::bucket bucket, std::string call_id) {
    const auto entry = co_await bucket.get(std::move(call_id));
    kept_record kept;
    if (!entry) co_return kept;
    kept.revision = entry->revision;
    auto record = read_record(entry->value);
    if (record) kept.what = std::move(*record);
    co_return kept;
}

asio::awaitable<std::optional<kv::revision>> write_kept(kv::bucket bucket, std::string call_id, std::string text,
                                                        kv::revision expected) {
    auto writing = expected == 0 ? bucket.create(std::move(call_id), std::move(text))
                                 : bucket.update(std::move(call_id), std::move(text), expected);
    const auto written = co_await std::move(writing);
    if (written) co_return *written;
    co_return std::nullopt;
}

}  // namespace

asio::awaitable<call_store> call_store::open(jetstream::context js, async_queue_options opts) {
    co_await open_stream(js, opts);
    kv::bucket_config config;
    config.bucket = async_queue::bucket_name;
    config.description = "what became of asynchronous calls";
    config.ttl = opts.keep;
    config.replicas = opts.replicas;
    auto bucket = co_await kv::bucket::create_or_open(js, config);
    co_return call_store(std::move(js), std::move(bucket));
}

asio::awaitable<kept_record> call_store::read(std::string call_id) const {
    return read_kept(bucket_, std::move(call_id));
}

asio::awaitable<std::optional<kv::revision>> call_store::write(std::string call_id, std::string text,
                                                               kv::revision expected) const {
    return write_kept(bucket_, std::move(call_id), std::move(text), expected);
}

asio::awaitable<counts> call_store::pending() const { return read_pending(js_); }

}  // namespace mote::functions::detail
