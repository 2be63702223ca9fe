#include <mote/objects/store.hpp>

#include <mote/objects/detail/upload.hpp>

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace mote::objects {

namespace asio = boost::asio;

namespace {

asio::awaitable<object_info> put_pieces(detail::upload& object, source& from) {
    co_await object.start();
    for (;;) {
        const std::string piece = co_await from();
        if (piece.empty()) break;
        co_await object.write(piece);
    }
    co_return co_await object.commit();
}

asio::awaitable<object_info> put_whole(detail::upload& object, const std::string& bytes) {
    co_await object.start();
    co_await object.write(bytes);
    co_return co_await object.commit();
}

/// Awaits `work` on the object. When that fails, or is cancelled, nothing partial stays.
asio::awaitable<object_info> settle(detail::upload& object, asio::awaitable<object_info> work) {
    std::exception_ptr failure;
    try {
        co_return co_await std::move(work);
    } catch (...) {
        failure = std::current_exception();
    }
    // A cancelled coroutine throws wherever it waits, and here it has to.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    std::optional<object_info> stored;
    try {
        stored = co_await object.recover();
    } catch (...) {
        failure = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (!stored) std::rethrow_exception(failure);
    co_return *stored;
}

// The upload lives here, in the frame that awaits all the work on it.

asio::awaitable<object_info> put_source(jetstream::context js, std::string store, object_meta meta, source from) {
    detail::upload object(std::move(js), std::move(store), std::move(meta));
    co_return co_await settle(object, put_pieces(object, from));
}

asio::awaitable<object_info> put_bytes(jetstream::context js, std::string store, std::string name, std::string bytes) {
    object_meta meta;
    meta.name = std::move(name);
    detail::upload object(std::move(js), std::move(store), std::move(meta));
    co_return co_await settle(object, put_whole(object, bytes));
}

}  // namespace

// What a coroutine needs of the store is its parameter: the store may go while it runs.
asio::awaitable<object_info> store::put(object_meta meta, source from) const {
    return put_source(js_, name_, std::move(meta), std::move(from));
}

asio::awaitable<object_info> store::put(std::string name, std::string bytes) const {
    return put_bytes(js_, name_, std::move(name), std::move(bytes));
}

}  // namespace mote::objects
