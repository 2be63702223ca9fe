#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/objects/detail/chunk_publisher.hpp>
#include <mote/objects/detail/sha256.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::objects::detail {

/// One object on its way into a store: `start`, `write` its bytes, then `commit`; or `recover` after a failure of any.
class upload {
public:
    /// Throws `errc::bad_store`, `errc::bad_name`, `errc::bad_config` for what cannot be stored.
    upload(jetstream::context js, std::string store, object_meta meta);

    /// Throws `errc::store_not_found`.
    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> write(std::string_view bytes);
    /// Makes the object visible in place of an older one, whose chunks are purged then.
    boost::asio::awaitable<object_info> commit();
    /// Removes the chunks that were stored; nothing then. But when the acknowledgement of the information is all that is
    /// missing, and the object turns out to be stored, completes the commit. Chunks of which that is not found out stay.
    boost::asio::awaitable<std::optional<object_info>> recover();

private:
    enum class outcome { not_stored, stored, unknown };

    boost::asio::awaitable<void> send(std::string_view chunk);
    boost::asio::awaitable<void> replace_older();
    boost::asio::awaitable<bool> replace_once();
    boost::asio::awaitable<object_info> complete();
    std::chrono::steady_clock::time_point patience_end() const;

    jetstream::context js_;
    object_info info_;
    std::string chunk_;  // bytes that are not yet a whole one
    sha256 digest_;
    chunk_publisher chunks_;
    std::string older_nuid_;
    std::uint64_t older_sequence_ = 0;  // of its information; 0: there is none
    outcome outcome_ = outcome::not_stored;
};

}  // namespace mote::objects::detail
