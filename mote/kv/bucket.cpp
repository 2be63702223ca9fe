#include <mote/kv/bucket.hpp>

#include <mote/kv/detail/entry.hpp>
#include <mote/kv/detail/layout.hpp>

#include <utility>

// All work is done by functions that own copies, so that a call outlives the handle it was made on.

namespace mote::kv {
namespace {

namespace asio = boost::asio;
using detail::layout_ptr;
using stored = std::optional<jetstream::stored_message>;

constexpr int create_tries = 5;

/// Runs a read of the stream and says a missing one in our words.
asio::awaitable<stored> read(asio::awaitable<stored> reading, layout_ptr where) {
    bool found = true;
    stored result;
    try {
        result = co_await std::move(reading);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::stream_not_found) throw;
        found = false;
    }
    if (!found) throw_error(errc::bucket_not_found, where->bucket);
    co_return result;
}

asio::awaitable<std::optional<entry>> read_value(asio::awaitable<stored> reading, layout_ptr where, std::string key,
                                                 std::string subject) {
    const auto found = co_await read(std::move(reading), where);
    if (!found || detail::operation_of(found->message.headers()) != operation::put) co_return std::nullopt;
    co_return detail::make_entry(*where, std::move(key), subject, *found);
}

asio::awaitable<std::optional<entry>> read_revision(asio::awaitable<stored> reading, layout_ptr where, std::string key,
                                                    std::string subject) {
    const auto found = co_await read(std::move(reading), where);
    const bool ours = found && found->subject == subject;
    if (!ours || detail::operation_of(found->message.headers()) != operation::put) co_return std::nullopt;
    co_return detail::make_entry(*where, std::move(key), subject, *found);
}

asio::awaitable<revision> revision_of(asio::awaitable<jetstream::publish_ack> publishing) {
    const auto ack = co_await std::move(publishing);
    co_return ack.sequence;
}

/// As revision_of; `refused` when the expected revision was not the last one.
asio::awaitable<result<revision>> revision_if(asio::awaitable<jetstream::publish_ack> publishing, errc refused) {
    result<revision> outcome(make_error_code(refused));
    try {
        const auto ack = co_await std::move(publishing);
        outcome = ack.sequence;
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::wrong_last_sequence) throw;
    }
    co_return outcome;
}

asio::awaitable<void> nothing(asio::awaitable<jetstream::publish_ack> publishing) { co_await std::move(publishing); }

jetstream::publish_options expecting(revision last) {
    jetstream::publish_options opts;
    opts.expected_last_subject_sequence = last;
    return opts;
}

jetstream::publish_options deleting() {
    jetstream::publish_options opts;
    opts.headers.set("KV-Operation", "DEL");
    return opts;
}

jetstream::publish_options purging(std::chrono::nanoseconds ttl) {
    jetstream::publish_options opts;
    opts.headers.set("KV-Operation", "PURGE");
    opts.rollup = "sub";
    opts.ttl = ttl;
    return opts;
}

/// Puts behind nothing or, when the key was deleted, behind the marker that says so.
asio::awaitable<result<revision>> create_value(jetstream::context js, layout_ptr where, std::string written,
                                               std::string stored_under, std::string value,
                                               std::chrono::nanoseconds ttl) {
    revision last = 0;
    for (int tries = 0; tries < create_tries; ++tries) {
        auto opts = expecting(last);
        opts.ttl = ttl;
        auto publishing = js.publish(written, value, opts);
        const auto outcome = co_await revision_if(std::move(publishing), errc::key_exists);
        if (outcome) co_return outcome;
        auto reading = js.last_message(where->stream, stored_under);
        const auto found = co_await read(std::move(reading), where);
        if (found && detail::operation_of(found->message.headers()) == operation::put) break;
        last = found ? found->sequence : 0;  // deleted, or gone meanwhile
    }
    co_return make_error_code(errc::key_exists);
}

}  // namespace

bucket::bucket(jetstream::context js, std::shared_ptr<const detail::layout> where)
    : js_(std::move(js)), layout_(std::move(where)) {}

bucket bucket::with_codec(std::shared_ptr<const key_codec> codec) const {
    auto made = std::make_shared<detail::layout>(*layout_);
    made->codec = std::move(codec);
    return {js_, std::move(made)};
}

const std::string& bucket::name() const noexcept { return layout_->bucket; }

asio::awaitable<std::optional<entry>> bucket::get(std::string key) const {
    auto subject = detail::read_subject(*layout_, key);
    auto reading = js_.last_message(layout_->stream, subject);
    return read_value(std::move(reading), layout_, std::move(key), std::move(subject));
}

asio::awaitable<std::optional<entry>> bucket::get(std::string key, revision at) const {
    auto subject = detail::read_subject(*layout_, key);
    return read_revision(js_.message(layout_->stream, at), layout_, std::move(key), std::move(subject));
}

asio::awaitable<revision> bucket::put(std::string_view key, std::string_view value) const {
    return revision_of(js_.publish(detail::write_subject(*layout_, key), value));
}

asio::awaitable<result<revision>> bucket::create(std::string key, std::string value,
                                                 std::chrono::nanoseconds ttl) const {
    return create_value(js_, layout_, detail::write_subject(*layout_, key), detail::read_subject(*layout_, key),
                        std::move(value), ttl);
}

asio::awaitable<result<revision>> bucket::update(std::string key, std::string value, revision expected) const {
    return revision_if(js_.publish(detail::write_subject(*layout_, key), value, expecting(expected)),
                       errc::wrong_revision);
}

asio::awaitable<void> bucket::del(std::string key) const {
    return nothing(js_.publish(detail::write_subject(*layout_, key), {}, deleting()));
}

asio::awaitable<result<revision>> bucket::del(std::string key, revision expected) const {
    auto opts = deleting();
    opts.expected_last_subject_sequence = expected;
    return revision_if(js_.publish(detail::write_subject(*layout_, key), {}, opts), errc::wrong_revision);
}

asio::awaitable<void> bucket::purge(std::string key, std::chrono::nanoseconds ttl) const {
    return nothing(js_.publish(detail::write_subject(*layout_, key), {}, purging(ttl)));
}

asio::awaitable<result<revision>> bucket::purge(std::string key, revision expected,
                                                std::chrono::nanoseconds ttl) const {
    auto opts = purging(ttl);
    opts.expected_last_subject_sequence = expected;
    return revision_if(js_.publish(detail::write_subject(*layout_, key), {}, opts), errc::wrong_revision);
}

}  // namespace mote::kv
