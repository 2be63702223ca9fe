#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

/// Reading, replacing and purging what the stream of a store keeps of one object.
namespace mote::objects::detail {

/// The information of an object as the stream keeps it, of deleted objects too.
struct stored_info {
    object_info info{};
    std::uint64_t sequence = 0;
    std::exception_ptr unreadable{};  ///< why `info` is empty, when it is
};

/// Nothing when the stream has none. Throws `errc::store_not_found`.
boost::asio::awaitable<std::optional<stored_info>> load_info(jetstream::context js, std::string store,
                                                             std::string name);

/// Throws `errc::bad_name`, or `errc::bad_config` for an information that cannot be stored.
void check_info(const jetstream::context& js, const object_info& info);

/// Stores an object's information instead of that of `expected` (0: none); returns its sequence. Nothing when another one
/// came between.
boost::asio::awaitable<std::optional<std::uint64_t>> replace_info(jetstream::context js, object_info info,
                                                                  std::uint64_t expected);

/// Removes an object's chunks. Tries again until `deadline` while the server or the connection is away.
boost::asio::awaitable<void> purge_chunks(jetstream::context js, std::string store, std::string nuid,
                                          std::chrono::steady_clock::time_point deadline);

/// True for failures that a later try may not have: of the connection, or of a server that starts.
bool is_passing(const boost::system::error_code& failure) noexcept;

/// Between tries when another writer came first, or a read came from a replica that is behind.
constexpr auto retry_pause = std::chrono::milliseconds(20);

/// Waits a moment before another try.
boost::asio::awaitable<void> pause_before_retry(std::chrono::milliseconds time = retry_pause);

/// Rethrows an error of `store`'s stream in the words of this module. For catch blocks.
[[noreturn]] void rethrow_for(const std::string& store);

}  // namespace mote::objects::detail
