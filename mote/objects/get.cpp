#include <mote/objects/store.hpp>

#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/sha256.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using boost::system::system_error;
using clock = std::chrono::steady_clock;

namespace {

/// Between looks at the information while no chunk comes.
constexpr auto look_interval = std::chrono::nanoseconds(std::chrono::seconds(1));
constexpr std::size_t max_reserve = 16 * 1024 * 1024;  // the stored size is not to be trusted with more

std::string of(std::uint64_t count, std::uint64_t whole, std::string_view what) {
    return std::to_string(count) + " of " + std::to_string(whole) + ' ' + std::string(what);
}

}  // namespace

struct reader::state {
    state(jetstream::context context, object_info stored) : js(std::move(context)), info(std::move(stored)) {}

    jetstream::context js;
    object_info info;
    std::optional<jetstream::ordered_consumer> chunks;  // until the end
    detail::sha256 digest;
    std::uint64_t count = 0;
    std::uint64_t size = 0;
    std::uint64_t pending = 0;  // chunks that the server said to come
    std::exception_ptr failure;

    [[noreturn]] void corrupt(const std::string& what) const {
        throw_error(errc::corrupt, '"' + info.name + "\": " + what);
    }

    asio::awaitable<void> start();
    static asio::awaitable<std::optional<std::string>> next(std::shared_ptr<state> self);
    asio::awaitable<std::string> next_chunk();
    asio::awaitable<jetstream::ordered_message> next_message();
    asio::awaitable<void> throw_if_changed();
    void check_end();
};

asio::awaitable<void> reader::state::start() {
    if (info.size == 0) {
        if (!info.digest.empty()) check_end();
        co_return;
    }
    if (info.chunks == 0) corrupt("no chunks for " + std::to_string(info.size) + " bytes");
    jetstream::ordered_consumer_options options;
    options.filter_subjects = {detail::chunks_of(info.store, info.nuid)};
    chunks.emplace(co_await jetstream::ordered_consumer::create(js, detail::stream_name(info.store), options));
    pending = chunks->initial_pending();
    if (pending < info.chunks) co_await throw_if_changed();
}

asio::awaitable<std::optional<std::string>> reader::state::next(std::shared_ptr<state> self) {
    if (self->failure != nullptr) std::rethrow_exception(self->failure);
    if (!self->chunks) co_return std::nullopt;
    try {
        if (self->count < self->info.chunks) co_return co_await self->next_chunk();
        self->chunks.reset();
        self->check_end();
        co_return std::nullopt;
    } catch (...) {
        self->chunks.reset();
        self->failure = std::current_exception();
        throw;
    }
}

asio::awaitable<std::string> reader::state::next_chunk() {
    const auto chunk = co_await next_message();
    const auto bytes = chunk.message.payload();
    ++count;
    pending = chunk.pending;
    size += bytes.size();
    digest.add(bytes);
    if (size > info.size) corrupt("more than " + std::to_string(info.size) + " bytes");
    if (count == info.chunks && pending > 0) corrupt("more than " + std::to_string(info.chunks) + " chunks");
    co_return std::string(bytes);
}

/// The next chunk; looks now and then whether more can come at all.
asio::awaitable<jetstream::ordered_message> reader::state::next_message() {
    // Also for chunks of which the server does not know: in a cluster the consumer may be on a replica that is behind.
    const auto deadline = clock::now() + (pending > 0 ? 3 * js.timeout() : js.timeout());
    for (;;) {
        const auto left = std::max<std::chrono::nanoseconds>(deadline - clock::now(), clock::duration::zero());
        auto message = co_await chunks->next(std::min(left, look_interval));
        if (message) co_return std::move(*message);
        co_await throw_if_changed();
        if (clock::now() < deadline) continue;
        if (pending == 0) corrupt(of(count, info.chunks, "chunks are there"));
        nats::throw_error(nats::errc::timeout, '"' + info.name + "\": " + of(count, info.chunks, "chunks came"));
    }
}

asio::awaitable<void> reader::state::throw_if_changed() {
    std::optional<detail::stored_info> found;
    try {
        found = co_await detail::load_info(js, info.store, info.name);
    } catch (const system_error& error) {
        if (!detail::is_passing(error.code())) throw;
        co_return;  // not known now
    }
    if (!found || found->info.deleted) throw_error(errc::object_changed, '"' + info.name + "\" is deleted");
    if (found->info.nuid != info.nuid) throw_error(errc::object_changed, '"' + info.name + "\" is replaced");
}

void reader::state::check_end() {
    if (size != info.size) corrupt(of(size, info.size, "bytes are there"));
    if (!detail::digest_matches(info.digest, digest.finish()))
        corrupt("the bytes do not have the digest " + (info.digest.empty() ? "that is missing" : info.digest));
}

reader::reader(std::shared_ptr<state> opened) : state_(std::move(opened)) {}
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;
reader::~reader() = default;

namespace {

/// `named` is the name that a failure speaks of.
asio::awaitable<object_info> info_to_read(jetstream::context js, std::string store, std::string name,
                                          std::string named) {
    auto found = co_await detail::load_info(std::move(js), store, name);
    if (!found) throw_error(errc::object_not_found, named);
    if (found->unreadable != nullptr) std::rethrow_exception(found->unreadable);
    if (found->info.deleted) throw_error(errc::object_not_found, named);
    found->info.store = std::move(store);  // where it is, whatever the information says
    found->info.name = std::move(name);
    co_return std::move(found->info);
}

/// What `link` points to, one step far: no chain of links is followed, so none can be a ring.
asio::awaitable<object_info> follow(jetstream::context js, object_info link) {
    const auto to = *link.link;
    if (to.name.empty()) throw_error(errc::is_store_link, '"' + link.name + "\" points to store " + to.store);
    const auto way = '"' + link.name + "\" points to \"" + to.name + "\" in store " + to.store;
    detail::check_store(to.store);
    detail::check_name(to.name);
    auto target = co_await info_to_read(std::move(js), to.store, to.name, way);
    if (target.link) throw_error(errc::is_link, way);
    co_return target;
}

}  // namespace

asio::awaitable<reader> reader::open(jetstream::context js, std::string store, std::string name) {
    detail::check_name(name);
    auto info = co_await info_to_read(js, std::move(store), name, name);
    if (info.link) info = co_await follow(js, std::move(info));
    auto opened = std::make_shared<state>(std::move(js), std::move(info));
    co_await opened->start();
    co_return reader(std::move(opened));
}

const object_info& reader::info() const noexcept { return state_->info; }

asio::awaitable<std::optional<std::string>> reader::next() { return state::next(state_); }

asio::awaitable<reader> store::get(std::string name) const { return reader::open(js_, name_, std::move(name)); }

namespace {

asio::awaitable<std::string> read_all(asio::awaitable<reader> opening) {
    auto object = co_await std::move(opening);
    std::string bytes;
    bytes.reserve(std::min<std::uint64_t>(object.info().size, max_reserve));
    for (;;) {
        const auto piece = co_await object.next();
        if (!piece) co_return bytes;
        bytes += *piece;
    }
}

}  // namespace

asio::awaitable<std::string> store::get_bytes(std::string name) const { return read_all(get(std::move(name))); }

}  // namespace mote::objects
