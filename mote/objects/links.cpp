#include <mote/objects/store.hpp>

#include <mote/nats/nuid.hpp>
#include <mote/objects/detail/layout.hpp>
#include <mote/objects/detail/stored_info.hpp>

#include <chrono>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

object_info info_of_link(const jetstream::context& js, std::string store, std::string name, object_link target) {
    object_info info;
    info.name = std::move(name);
    info.store = std::move(store);
    info.nuid = nats::next_nuid();  // it names no chunks; others take an information without one for a broken one
    info.link = std::move(target);
    detail::check_info(js, info);
    return info;
}

/// Links are followed for one step, and what they point to has to be there when they are made.
asio::awaitable<void> check_target(jetstream::context js, object_link target) {
    detail::check_store(target.store);
    detail::check_name(target.name);
    const auto found = co_await detail::load_info(std::move(js), target.store, target.name);
    const auto there = '"' + target.name + "\" in store " + target.store;
    if (!found) throw_error(errc::object_not_found, there);
    if (found->unreadable != nullptr) std::rethrow_exception(found->unreadable);
    if (found->info.deleted) throw_error(errc::object_deleted, there);
    if (found->info.link) throw_error(errc::is_link, there);
}

asio::awaitable<void> check_target_store(jetstream::context js, std::string target) {
    detail::check_store(target);
    try {
        co_await js.stream(detail::stream_name(target));
    } catch (const boost::system::system_error&) {
        detail::rethrow_for(target);
    }
}

/// Compare and set: an object that is put meanwhile is not overwritten.
asio::awaitable<object_info> put_link(jetstream::context js, object_info info) {
    const auto deadline = clock::now() + 2 * js.timeout();
    for (;;) {
        const auto found = co_await detail::load_info(js, info.store, info.name);
        if (found && found->unreadable != nullptr) std::rethrow_exception(found->unreadable);
        if (found && !found->info.deleted && !found->info.link) throw_error(errc::object_exists, info.name);
        info.modified = std::chrono::system_clock::now();
        const auto stored = co_await detail::replace_info(js, info, found ? found->sequence : 0);
        if (stored) co_return info;
        if (clock::now() >= deadline) jetstream::throw_error(jetstream::errc::wrong_last_sequence, info.name);
        co_await detail::pause_before_retry();
    }
}

asio::awaitable<object_info> link_object(jetstream::context js, std::string store, std::string name,
                                         object_link target) {
    auto info = info_of_link(js, std::move(store), std::move(name), target);
    co_await check_target(js, std::move(target));
    co_return co_await put_link(std::move(js), std::move(info));
}

asio::awaitable<object_info> link_store(jetstream::context js, std::string store, std::string name,
                                        std::string target) {
    object_link to;
    to.store = target;
    auto info = info_of_link(js, std::move(store), std::move(name), std::move(to));
    co_await check_target_store(js, std::move(target));
    co_return co_await put_link(std::move(js), std::move(info));
}

}  // namespace

asio::awaitable<object_info> store::link_to(std::string name, object_link target) const {
    return link_object(js_, name_, std::move(name), std::move(target));
}

asio::awaitable<object_info> store::link_to(std::string name, const object_info& target) const {
    object_link to;
    to.store = target.store;
    to.name = target.name;
    return link_object(js_, name_, std::move(name), std::move(to));
}

asio::awaitable<object_info> store::link_to_store(std::string name, std::string target) const {
    return link_store(js_, name_, std::move(name), std::move(target));
}

}  // namespace mote::objects
