#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <string>

namespace mote::node::detail {

/// The file of a unix socket, held open: what is connected to is what was looked at. A function may put anything at the place
/// of its socket; a link would lead this process, which reaches more than the function does, wherever that wants.
class socket_file {
public:
    /// `path` has to be the socket itself.
    explicit socket_file(const std::string& path) noexcept;
    socket_file(const socket_file&) = delete;
    socket_file& operator=(const socket_file&) = delete;
    ~socket_file();

    const boost::system::error_code& error() const noexcept { return error_; }  ///< then there is no endpoint
    boost::asio::local::stream_protocol::endpoint endpoint() const;             ///< good as long as this lives

private:
    int fd_ = -1;
    boost::system::error_code error_{};
};

}  // namespace mote::node::detail
