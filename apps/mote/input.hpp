#pragma once

#include <apps/mote/exit_code.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::command {

/// A file, or standard input, read piece by piece; signals are heard while it waits for a pipe or a terminal. Pinned.
class input_pieces {
public:
    /// `-` is standard input. Throws `failure` (usage for a file, else error) when it cannot be opened.
    input_pieces(const boost::asio::any_io_executor& executor, const std::string& path);
    input_pieces(const input_pieces&) = delete;
    input_pieces& operator=(const input_pieces&) = delete;

    /// How many bytes a file has; 0 where nobody knows.
    std::size_t size() const noexcept;
    /// Up to `most` bytes; none at the end. Throws `failure` when it cannot be read.
    boost::asio::awaitable<std::string> next(std::size_t most);
    /// All to the end. Throws `failure` too when it is larger than any message.
    boost::asio::awaitable<std::string> rest();

private:
    std::string name_;
    exit_code code_;
    int file_;  // that `input_` closes
    boost::asio::posix::stream_descriptor input_;
};

/// All that standard input gives before its end; signals are heard meanwhile. Throws `failure` when it cannot be read, or is
/// larger than any message.
boost::asio::awaitable<std::string> whole_input();

/// True where somebody feeds standard input: it is a pipe or a file, and no terminal.
bool is_input_fed();

std::string base64(std::string_view bytes);

}  // namespace mote::command
