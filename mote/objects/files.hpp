#pragma once

#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

/// Objects from and to files, piece by piece: memory does not grow with their size. Files are read and written on the
/// connection's executor, a chunk at a time, which takes as long as the disk takes for one. Throws what `store::put`,
/// `store::get` and `reader::next` throw, and `std::errc` (as `boost::system::system_error` with the path) for the file.
namespace mote::objects {

/// Told of a file on its way: how many bytes of it are there, and how many it will have.
using file_progress = std::function<void(std::uint64_t done, std::uint64_t size)>;

/// Stores the bytes of a file; the object is named as the last part of the path when `meta.name` is empty. What is no
/// regular file is `std::errc::invalid_argument`.
boost::asio::awaitable<object_info> put_file(store to, std::filesystem::path file, object_meta meta = object_meta());

/// Writes an object to a file, seen whole or not at all: the bytes go to a file beside it (`<file>.<id>.part`, for the owner
/// only), which takes the name, also that of an older file, once number, size and digest are checked. It is removed when
/// something fails or the call is cancelled. The bytes are not forced to the disk. `progress` is called behind each piece.
boost::asio::awaitable<object_info> get_file(store from, std::string name, std::filesystem::path file,
                                             file_progress progress = file_progress());

}  // namespace mote::objects
