#include <mote/objects/store.hpp>

#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <chrono>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using boost::system::system_error;
using clock = std::chrono::steady_clock;

namespace {

/// The information that `found` becomes. Throws when it cannot become one.
object_info updated(std::optional<detail::stored_info> found, const std::string& store, const std::string& name,
                    const object_meta& meta) {
    if (!found) throw_error(errc::object_not_found, name);
    if (found->unreadable != nullptr) std::rethrow_exception(found->unreadable);
    if (found->info.deleted) throw_error(errc::object_deleted, name);
    auto info = std::move(found->info);
    info.store = store;
    info.name = meta.name;
    info.description = meta.description;
    info.headers = meta.headers;
    info.metadata = meta.metadata;
    return info;
}

/// Removes what the stream has under a name, up to a sequence; false when there was nothing.
asio::awaitable<bool> remove_info(jetstream::context js, std::string store, std::string name, std::uint64_t sequence) {
    const auto purged =
        co_await js.purge_stream_before(detail::stream_name(store), detail::info_of(store, name), sequence + 1);
    co_return purged > 0;
}

/// Takes the new name, then gives the old one up. `sequence` is that of the information that is under the old one.
asio::awaitable<object_info> rename(jetstream::context js, std::string old_name, std::uint64_t sequence,
                                    object_info info) {
    const auto taken = co_await detail::load_info(js, info.store, info.name);
    if (taken && !taken->info.deleted) throw_error(errc::object_exists, info.name);
    const auto stored = co_await detail::replace_info(js, info, taken ? taken->sequence : 0);
    if (!stored) throw_error(errc::object_exists, info.name);  // somebody else has just taken it

    bool was_there = false;
    try {
        was_there = co_await remove_info(js, info.store, old_name, sequence);
    } catch (const system_error& error) {
        throw system_error(error.code(),
                           '"' + info.name + "\" is stored, but \"" + old_name + "\" is not removed: " + error.what());
    }
    if (!was_there) {
        // It was replaced or deleted meanwhile, and the chunks are purged.
        co_await remove_info(js, info.store, info.name, *stored);
        throw_error(errc::object_changed, old_name);
    }
    co_return info;
}

asio::awaitable<object_info> update(jetstream::context js, std::string store, std::string name, object_meta meta) {
    detail::check_name(name);
    const auto deadline = clock::now() + 2 * js.timeout();
    for (;;) {
        auto found = co_await detail::load_info(js, store, name);
        const auto sequence = found ? found->sequence : 0;
        auto info = updated(std::move(found), store, name, meta);
        detail::check_info(js, info);
        info.modified = std::chrono::system_clock::now();
        if (info.name != name) co_return co_await rename(js, name, sequence, std::move(info));
        const auto stored = co_await detail::replace_info(js, info, sequence);
        if (stored) co_return info;
        // It was replaced meanwhile: then that one is to be updated.
        if (clock::now() >= deadline) jetstream::throw_error(jetstream::errc::wrong_last_sequence, name);
        co_await detail::pause_before_retry();
    }
}

}  // namespace

asio::awaitable<object_info> store::update_meta(std::string name, object_meta meta) const {
    return update(js_, name_, std::move(name), std::move(meta));
}

}  // namespace mote::objects
