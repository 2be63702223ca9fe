#pragma once

#include <tests/support/loopback.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <utility>

namespace mote::test {

/// A blocking peer over TLS of one version, which trusts one certificate. It waits a minute at most for anything.
class tls_peer {
public:
    /// `version` is TLS1_2_VERSION, for example. Whether the handshake came to its end says `failure`.
    tls_peer(std::uint16_t port, int version, const std::string& trusted)
        : socket_(connect_loopback(port)), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
        const timeval limit{.tv_sec = 60, .tv_usec = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_CTX_set_security_level(context_.get(), 0);  // as little as the library has: the server has to insist
        SSL_CTX_set_min_proto_version(context_.get(), version);
        SSL_CTX_set_max_proto_version(context_.get(), version);
        SSL_CTX_load_verify_file(context_.get(), trusted.c_str());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        stream_.reset(SSL_new(context_.get()));
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream_.get()), "127.0.0.1");
        SSL_set_fd(stream_.get(), socket_.get());
        ERR_clear_error();
        if (SSL_connect(stream_.get()) == 1) return;
        const auto code = ERR_peek_error();
        const char* const reason = ERR_reason_error_string(code);
        failure_ = reason == nullptr ? "the connection was closed" : reason;
    }

    /// Why there is no connection; empty when there is one.
    const std::string& failure() const noexcept { return failure_; }
    std::string version() const { return SSL_get_version(stream_.get()); }

    void send(std::string_view bytes) {
        if (failure_.empty() && !bytes.empty()) SSL_write(stream_.get(), bytes.data(), static_cast<int>(bytes.size()));
    }
    /// All up to the next `end`, with it; what came before when the server closes.
    std::string until(std::string_view end) {
        while (input_.find(end) == std::string::npos && more()) continue;
        const auto at = input_.find(end);
        auto taken = input_.substr(0, at == std::string::npos ? input_.size() : at + end.size());
        input_.erase(0, taken.size());
        return taken;
    }
    /// All that comes until the server closes.
    std::string rest() {
        while (more()) continue;
        return std::exchange(input_, {});
    }
    /// True when the server said that nothing more comes: an end that nobody can have cut off.
    bool ended_well() const { return (SSL_get_shutdown(stream_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    /// Without a word.
    void cut() { socket_.reset(); }
    /// The same, with what is still on its way.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        cut();
    }

private:
    bool more() {
        if (!failure_.empty()) return false;
        char piece[16384];
        const int size = SSL_read(stream_.get(), piece, sizeof piece);
        if (size > 0) input_.append(piece, static_cast<std::size_t>(size));
        return size > 0;
    }

    unique_fd socket_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> stream_{nullptr, &SSL_free};
    std::string failure_;
    std::string input_;
};

}  // namespace mote::test
