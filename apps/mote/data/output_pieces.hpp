#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <string>

namespace mote::command {

/// Standard output for much: who reads it slowly is waited for, and signals are heard meanwhile. Pinned.
class output_pieces {
public:
    /// Throws `failure` when there is no standard output.
    explicit output_pieces(const boost::asio::any_io_executor& executor);

    /// False once the reader has gone. Throws `failure` for what goes wrong otherwise, such as a full disk.
    boost::asio::awaitable<bool> write(std::string bytes);

private:
    bool is_file_;  // is never waited for
    boost::asio::posix::stream_descriptor output_;
};

}  // namespace mote::command
