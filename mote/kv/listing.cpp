#include <mote/kv/bucket.hpp>

#include <mote/kv/detail/layout.hpp>
#include <mote/kv/detail/snapshot.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace mote::kv {
namespace {

namespace asio = boost::asio;
using detail::layout_ptr;
using detail::snapshot;

constexpr std::uint64_t most_reserved = 64 * 1024;  // the server's count is not trusted with our memory

watch_options without_values() {
    watch_options opts;
    opts.meta_only = true;
    return opts;
}

std::vector<std::string> only(std::string filter) {
    std::vector<std::string> filters;
    filters.push_back(std::move(filter));
    return filters;
}

asio::awaitable<std::vector<std::string>> read_keys(jetstream::context js, layout_ptr where,
                                                    std::vector<std::string> subjects) {
    const auto all = co_await snapshot::open(std::move(js), std::move(where), std::move(subjects), without_values());
    std::set<std::string> present;  // a key may come twice
    for (;;) {
        auto each = co_await snapshot::next(all);
        if (!each) break;
        if (each->operation == operation::put)
            present.insert(std::move(each->key));
        else
            present.erase(each->key);
    }
    co_return std::vector<std::string>(present.begin(), present.end());
}

asio::awaitable<std::vector<entry>> read_history(jetstream::context js, layout_ptr where, std::string subject) {
    watch_options opts;
    opts.include_history = true;
    const auto all = co_await snapshot::open(std::move(js), std::move(where), only(std::move(subject)), opts);
    std::vector<entry> entries;
    entries.reserve(std::min(all->size(), most_reserved));
    for (;;) {
        auto each = co_await snapshot::next(all);
        if (!each) co_return entries;
        entries.push_back(std::move(*each));
    }
}

asio::awaitable<std::vector<entry>> read_markers(jetstream::context js, layout_ptr where) {
    auto everything = detail::filter_subjects(*where, only(">"));
    const auto all = co_await snapshot::open(std::move(js), std::move(where), std::move(everything), without_values());
    std::vector<entry> markers;
    for (;;) {
        auto each = co_await snapshot::next(all);
        if (!each) co_return markers;
        if (each->operation != operation::put) markers.push_back(std::move(*each));
    }
}

/// Purges up to the marker that was seen, and no further: a value that is put meanwhile is behind it.
asio::awaitable<std::uint64_t> purge_markers(jetstream::context js, layout_ptr where,
                                             std::chrono::nanoseconds older_than) {
    const auto markers = co_await read_markers(js, where);
    const auto now = std::chrono::system_clock::now();
    std::uint64_t purged = 0;
    for (const auto& each : markers) {
        const bool old = older_than.count() <= 0 || now - each.created > older_than;
        const auto before = old ? each.revision + 1 : each.revision;
        purged += co_await js.purge_stream_before(where->stream, detail::read_subject(*where, each.key), before);
    }
    co_return purged;
}

asio::awaitable<std::optional<std::string>> next_key(std::shared_ptr<snapshot> all) {
    for (;;) {
        auto each = co_await snapshot::next(all);
        if (!each) co_return std::nullopt;
        if (each->operation == operation::put) co_return std::move(each->key);
    }
}

}  // namespace

key_lister::key_lister(std::shared_ptr<detail::snapshot> made) : snapshot_(std::move(made)) {}
key_lister::key_lister(key_lister&&) noexcept = default;
key_lister& key_lister::operator=(key_lister&&) noexcept = default;
key_lister::~key_lister() = default;

asio::awaitable<std::optional<std::string>> key_lister::next() { return next_key(snapshot_); }

asio::awaitable<key_lister> key_lister::open(jetstream::context js, layout_ptr where,
                                             std::vector<std::string> subjects) {
    auto all = co_await snapshot::open(std::move(js), std::move(where), std::move(subjects), without_values());
    co_return key_lister(std::move(all));
}

asio::awaitable<std::vector<std::string>> bucket::keys(std::string filter) const {
    return keys(only(std::move(filter)));
}

asio::awaitable<std::vector<std::string>> bucket::keys(std::vector<std::string> filters) const {
    return read_keys(js_, layout_, detail::filter_subjects(*layout_, filters));
}

asio::awaitable<key_lister> bucket::list_keys(std::string filter) const { return list_keys(only(std::move(filter))); }

asio::awaitable<key_lister> bucket::list_keys(std::vector<std::string> filters) const {
    return key_lister::open(js_, layout_, detail::filter_subjects(*layout_, filters));
}

asio::awaitable<std::vector<entry>> bucket::history(std::string key) const {
    return read_history(js_, layout_, detail::read_subject(*layout_, key));
}

asio::awaitable<std::uint64_t> bucket::purge_deletes(std::chrono::nanoseconds older_than) const {
    auto as_stored = *layout_;  // markers of keys that the codec does not know go too
    as_stored.codec.reset();
    return purge_markers(js_, std::make_shared<detail::layout>(std::move(as_stored)), older_than);
}

}  // namespace mote::kv
