#include <mote/functions/bundle_cache.hpp>

#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/detail/cache_directory.hpp>
#include <mote/functions/detail/offload.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/async_event.hpp>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <stop_token>
#include <system_error>
#include <utility>
#include <vector>

namespace mote::functions {

namespace asio = boost::asio;

namespace {

using held_bundle = std::shared_ptr<const cached_bundle>;

/// A bundle that is there.
struct cache_entry {
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;  // a count of uses of the cache: the lowest was not used for the longest
    std::weak_ptr<const cached_bundle> holders{};
};

/// One download that any number of callers wait for.
struct flight {
    std::vector<std::shared_ptr<nats::async_event>> waiters{};
    bool landed = false;
    held_bundle bundle{};
    std::exception_ptr failure{};

    void land() {
        landed = true;
        for (const auto& waiter : waiters) waiter->set();
    }
};

void remove_quietly(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

class removed_at_end {
public:
    explicit removed_at_end(std::filesystem::path path) : path_(std::move(path)) {}
    removed_at_end(const removed_at_end&) = delete;
    removed_at_end& operator=(const removed_at_end&) = delete;
    ~removed_at_end() { remove_quietly(path_); }

private:
    std::filesystem::path path_;
};

asio::awaitable<void> wait_for(std::shared_ptr<flight> under_way, asio::any_io_executor executor) {
    const auto landed = std::make_shared<nats::async_event>(executor);
    under_way->waiters.push_back(landed);
    while (!under_way->landed) co_await landed->wait_until(std::chrono::steady_clock::time_point::max());
}

}  // namespace

struct bundle_cache::state : std::enable_shared_from_this<bundle_cache::state> {
    state(asio::any_io_executor on, bundle_store from, const bundle_cache_options& opts)
        : executor(std::move(on)),
          store(std::move(from)),
          max_bytes(opts.max_bytes),
          directory(opts.directory),
          pool(std::max<std::size_t>(opts.threads, 1)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { ending.request_stop(); }  // the pool's threads are waited for

    held_bundle hold(const bundle_digest& digest, cache_entry& entry);
    held_bundle find(const bundle_digest& digest);
    void evict(std::uint64_t most);
    void forget(std::map<bundle_digest, cache_entry>::iterator which) {
        bytes -= which->second.bytes;
        entries.erase(which);
    }
    void check_running() const {
        if (ending.stop_requested()) throw boost::system::system_error(asio::error::operation_aborted);
    }

    static asio::awaitable<void> load(std::shared_ptr<state> self);
    static asio::awaitable<void> fly(std::shared_ptr<state> self, std::shared_ptr<flight> under_way,
                                     bundle_digest digest);
    static asio::awaitable<void> bring(std::shared_ptr<state> self, bundle_digest digest);
    static asio::awaitable<held_bundle> fetch(std::shared_ptr<state> self, bundle_digest digest);

    asio::any_io_executor executor;
    bundle_store store;
    std::uint64_t max_bytes;
    detail::cache_directory directory;
    std::map<bundle_digest, cache_entry> entries;
    std::map<bundle_digest, std::shared_ptr<flight>> flights;
    std::uint64_t bytes = 0;
    std::uint64_t uses = 0;
    std::stop_source ending;
    asio::thread_pool pool;
};

/// What is there, with its settings, for one more holder. Throws `errc::bad_bundle` for settings that cannot be read.
held_bundle bundle_cache::state::hold(const bundle_digest& digest, cache_entry& entry) {
    entry.used = ++uses;
    if (auto held = entry.holders.lock()) return held;
    auto bundle = std::make_shared<cached_bundle>();
    bundle->digest = digest;
    bundle->root = directory.root_of(digest);
    bundle->bytes = entry.bytes;
    bundle->settings = load_settings(bundle->root);
    entry.holders = bundle;
    directory.touch(digest);
    return bundle;
}

/// Nothing when it is not there, or is not there any more.
held_bundle bundle_cache::state::find(const bundle_digest& digest) {
    const auto there = entries.find(digest);
    if (there == entries.end()) return nullptr;
    std::error_code ignored;
    if (std::filesystem::is_directory(directory.root_of(digest), ignored)) return hold(digest, there->second);
    forget(there);
    return nullptr;
}

/// Deletes those that nobody holds, the ones that were not used for the longest first, until no more than `most` bytes are
/// there.
void bundle_cache::state::evict(std::uint64_t most) {
    while (bytes > most) {
        auto oldest = entries.end();
        for (auto each = entries.begin(); each != entries.end(); ++each) {
            if (!each->second.holders.expired()) continue;
            if (oldest == entries.end() || each->second.used < oldest->second.used) oldest = each;
        }
        if (oldest == entries.end()) return;
        const auto aside = directory.set_aside(oldest->first);
        if (aside.empty()) return;
        forget(oldest);
        asio::post(pool, [aside] { remove_quietly(aside); });
    }
}

asio::awaitable<void> bundle_cache::state::load(std::shared_ptr<state> self) {
    auto work = [directory = &self->directory] { return directory->clean(); };
    const auto kept = co_await detail::offload(self->pool.get_executor(), std::move(work));
    for (const auto& bundle : kept) {
        auto& entry = self->entries[bundle.digest];
        entry.bytes = bundle.bytes;
        entry.used = ++self->uses;
        self->bytes += bundle.bytes;
    }
    self->evict(self->max_bytes);
}

/// Downloads and unpacks, so that there is an entry.
asio::awaitable<void> bundle_cache::state::bring(std::shared_ptr<state> self, bundle_digest digest) {
    const auto archive = self->directory.archive_of(digest);
    const removed_at_end temporary(archive);
    co_await self->store.download(digest, archive, self->ending.get_token());
    auto work = [archive, into = self->directory.root_of(digest), limits = self->store.limits(),
                 stop = self->ending.get_token()] { return unpack(archive, into, limits, stop); };
    const auto size = co_await detail::offload(self->pool.get_executor(), std::move(work));
    self->entries[digest].bytes = size.unpacked_bytes;
    self->bytes += size.unpacked_bytes;
}

asio::awaitable<void> bundle_cache::state::fly(std::shared_ptr<state> self, std::shared_ptr<flight> under_way,
                                               bundle_digest digest) {
    try {
        co_await bring(self, digest);
        under_way->bundle = self->hold(digest, self->entries[digest]);
    } catch (...) {
        under_way->failure = std::current_exception();
    }
    self->flights.erase(digest);
    self->evict(self->max_bytes);
    under_way->land();
}

asio::awaitable<held_bundle> bundle_cache::state::fetch(std::shared_ptr<state> self, bundle_digest digest) {
    self->check_running();
    if (auto there = self->find(digest)) co_return there;
    auto& known = self->flights[digest];
    if (known == nullptr) {
        known = std::make_shared<flight>();
        // Not a part of this coroutine: others wait for it, too.
        asio::co_spawn(self->executor, fly(self, known, digest), [](const std::exception_ptr&) {});
    }
    const auto under_way = known;
    co_await wait_for(under_way, self->executor);
    if (under_way->failure != nullptr) std::rethrow_exception(under_way->failure);
    co_return under_way->bundle;
}

bundle_cache::bundle_cache(std::shared_ptr<state> opened) : state_(std::move(opened)) {}

asio::awaitable<bundle_cache> bundle_cache::open(bundle_store store, bundle_cache_options opts) {
    const auto executor = co_await asio::this_coro::executor;
    const auto opened = std::make_shared<state>(executor, std::move(store), opts);
    co_await state::load(opened);
    co_return bundle_cache(opened);
}

asio::awaitable<held_bundle> bundle_cache::fetch(bundle_digest digest) const {
    return state::fetch(state_, std::move(digest));
}

std::uint64_t bundle_cache::bytes() const noexcept { return state_->bytes; }

void bundle_cache::clear() const { state_->evict(0); }

asio::awaitable<void> bundle_cache::stop() const {
    const auto self = state_;
    self->ending.request_stop();
    while (!self->flights.empty()) {
        const auto under_way = self->flights.begin()->second;
        co_await wait_for(under_way, self->executor);
    }
}

}  // namespace mote::functions
