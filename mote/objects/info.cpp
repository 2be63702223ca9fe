#include <mote/objects/store.hpp>

#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <chrono>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

asio::awaitable<std::optional<object_info>> info_of(jetstream::context js, std::string store, std::string name,
                                                    deleted_objects which) {
    detail::check_name(name);
    auto stored = co_await detail::load_info(std::move(js), std::move(store), std::move(name));
    if (!stored) co_return std::nullopt;
    if (stored->unreadable != nullptr) std::rethrow_exception(stored->unreadable);
    if (stored->info.deleted && which == deleted_objects::hidden) co_return std::nullopt;
    co_return std::move(stored->info);
}

/// What stays of a deleted object (ADR-20): what was said of it, and the name of its chunks.
object_info tombstone_of(object_info info, const std::string& store, const std::string& name) {
    info.store = store;
    info.name = name;  // also where the stored information could not be read
    info.size = 0;
    info.chunks = 0;
    info.digest.clear();
    info.deleted = true;
    return info;
}

asio::awaitable<void> delete_object(jetstream::context js, std::string store, std::string name) {
    detail::check_name(name);
    const auto deadline = clock::now() + 2 * js.timeout();
    for (;;) {
        const auto found = co_await detail::load_info(js, store, name);
        if (!found) throw_error(errc::object_not_found, name);
        if (found->info.deleted) {
            // Its chunks may still be there, when a delete was interrupted.
            co_await detail::purge_chunks(js, store, found->info.nuid, deadline);
            throw_error(errc::object_not_found, name);
        }
        auto tombstone = tombstone_of(found->info, store, name);
        const auto stored = co_await detail::replace_info(js, std::move(tombstone), found->sequence);
        if (stored) {
            co_await detail::purge_chunks(js, store, found->info.nuid, deadline);
            co_return;
        }
        // It was replaced meanwhile: then that one is to be deleted.
        if (clock::now() >= deadline) jetstream::throw_error(jetstream::errc::wrong_last_sequence, name);
        co_await detail::pause_before_retry();
    }
}

}  // namespace

asio::awaitable<std::optional<object_info>> store::info(std::string name, deleted_objects which) const {
    return info_of(js_, name_, std::move(name), which);
}

asio::awaitable<void> store::del(std::string name) const { return delete_object(js_, name_, std::move(name)); }

}  // namespace mote::objects
