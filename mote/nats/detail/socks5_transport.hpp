#pragma once

#include <mote/nats/detail/socks5.hpp>
#include <mote/nats/detail/transport.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace mote::nats::detail {

/// Where a proxy is.
struct socks5_proxy {
    std::string host;
    std::uint16_t port = 1080;
    socks5_login login;
};

/// A transport over one that is not connected, through a proxy: its `connect` connects `plain` to the proxy, which looks up the
/// name of the host and connects to it. It throws `errc::proxy_failed`.
std::shared_ptr<transport> make_socks5_transport(std::shared_ptr<transport> plain, socks5_proxy proxy);

}  // namespace mote::nats::detail
