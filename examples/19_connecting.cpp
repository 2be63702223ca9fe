// Connecting: TLS with an authority of one's own, a login from a credentials file, and a say in which server is next.
//
//     19_connecting tls://east.example:4222,tls://west.example:4222 authorities.pem orders.creds

#include <mote/nats/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace nats = mote::nats;

namespace {

/// The first one of ours that is well; else the one that would be tried anyway.
std::optional<nats::server_choice> ours_first(const std::vector<nats::known_server>& servers,
                                              const nats::server_info& /*the last server's*/) {
    for (const auto& server : servers)
        if (!server.discovered && server.failures == 0) return nats::server_choice{server.name, server.wait};
    return std::nullopt;
}

void tell(const nats::connection_event& event) {
    if (event.kind == nats::event_kind::disconnected) std::cout << "lost: " << event.error.message() << '\n';
    if (event.kind == nats::event_kind::reconnected) std::cout << "now at " << event.server << '\n';
}

asio::awaitable<void> client(std::string servers, std::string authorities, std::string login) {
    nats::options opts;
    opts.servers = {servers};
    opts.tls.ca = authorities;  // PEM; without it those of the system
    opts.auth = nats::credentials_file_authenticator(login);
    opts.choose_server = ours_first;
    opts.on_event = tell;
    const auto nc = co_await nats::connection::connect(opts);
    std::cout << "at " << nc.connected_server() << (nc.server().tls_required ? ", over TLS" : "") << '\n';

    nc.force_reconnect();  // as when the link dies: certificates and the credentials file are read again
    while (nc.stats().reconnects == 0) {
        try {
            co_await nc.flush();
        } catch (const boost::system::system_error& lost) {
            if (lost.code() != nats::errc::disconnected) throw;  // that flush went with the old link
        }
    }
    co_await nc.drain();
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 4) {
        std::cerr << "19_connecting SERVERS AUTHORITIES CREDENTIALS\n";
        return 2;
    }
    asio::io_context io(1);
    asio::co_spawn(io, client(arguments[1], arguments[2], arguments[3]), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
