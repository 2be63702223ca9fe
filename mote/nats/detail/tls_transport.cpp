#include <mote/nats/detail/tls_transport.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/nats/detail/tls_context.hpp>
#include <mote/nats/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

/// Four whole records.
constexpr std::size_t encrypted_bytes = 64 * 1024;

bool is_would_block(const boost::system::error_code& failed) {
    return failed == asio::error::would_block || failed == asio::error::try_again;
}

/// What the first error of OpenSSL's queue says, which it empties.
std::string take_reason() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "the connection broke";
    const int reason = ERR_GET_REASON(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG))
        return "the server does not answer with TLS";
    const char* const text = ERR_reason_error_string(code);
    const std::string said = text == nullptr ? "unknown error" : text;
    return ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET ? "the server refuses: " + said : said;
}

class tls_transport final : public transport {
public:
    tls_transport(const asio::any_io_executor& executor, std::shared_ptr<transport> plain, const tls_options& opts)
        : plain_(std::move(plain)), opts_(opts), context_(make_tls_context(opts)), input_came_(executor) {}

    asio::awaitable<void> connect(std::string host, std::uint16_t /*port*/) override {
        stream_ = make_tls_stream(context_.get(), opts_, host);
        BIO* const plain = BIO_new(plain_bytes());
        if (plain == nullptr) throw std::bad_alloc();
        BIO_set_data(plain, this);
        BIO_set_init(plain, 1);
        SSL_set_bio(stream_.get(), plain, plain);  // it owns it now
        for (;;) {
            ERR_clear_error();
            const int result = SSL_do_handshake(stream_.get());
            if (result == 1) break;
            const int wanted = SSL_get_error(stream_.get(), result);
            if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) throw_handshake_failure(host);
            try {
                co_await wait_for(wanted);
            } catch (const boost::system::system_error& failed) {
                if (failed.code() != asio::error::eof && failed.code() != asio::error::connection_reset) throw;
                throw_error(errc::tls_failed, "the server closed the connection in the handshake");
            }
        }
        usable_ = true;
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into) override {
        for (;;) {
            if (failure_) throw boost::system::system_error(*failure_);
            std::size_t count = 0;
            const int wanted = read_now(into, count);
            if (count != 0) co_return count;
            if (wanted == SSL_ERROR_ZERO_RETURN) throw boost::system::system_error(asio::error::eof);
            if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) co_await wait_for(wanted);
        }
    }

    std::size_t try_write(std::string_view bytes, boost::system::error_code& failed) noexcept override {
        failed = {};
        std::size_t taken = 0;
        while (taken < bytes.size()) {
            const auto rest = bytes.substr(taken);
            ERR_clear_error();
            std::size_t count = 0;
            const int result = SSL_write_ex(stream_.get(), rest.data(), rest.size(), &count);
            if (result == 1) {
                taken += count;
                continue;
            }
            const int wanted = SSL_get_error(stream_.get(), result);
            write_waits_for_input_ = wanted == SSL_ERROR_WANT_READ;
            if (write_waits_for_input_ || wanted == SSL_ERROR_WANT_WRITE) {
                failed = asio::error::would_block;
            } else {
                failed = write_failed_ ? write_failed_ : make_error_code(errc::tls_failed);
                usable_ = false;
            }
            break;
        }
        return taken;
    }

    asio::awaitable<void> wait_writable() override {
        if (!write_waits_for_input_) {
            co_await plain_->wait_writable();
            co_return;
        }
        co_await input_came_.wait_until(asio::steady_timer::time_point::max());
        if (closed_) throw boost::system::system_error(asio::error::operation_aborted);
    }

    void close() noexcept override {
        if (std::exchange(closed_, true)) return;
        // The server sees an end that nobody can have cut off, if there is room for it now.
        ERR_clear_error();
        if (usable_) SSL_shutdown(stream_.get());
        ERR_clear_error();
        plain_->close();
        input_came_.set();
    }

private:
    // ---- what OpenSSL reads from and writes to

    static int bio_read(BIO* bio, char* into, std::size_t room, std::size_t* count) {
        auto& self = *static_cast<tls_transport*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        *count = std::min(room, self.encrypted_end_ - self.encrypted_begin_);
        if (*count == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(into, self.encrypted_.data() + self.encrypted_begin_, *count);
        self.encrypted_begin_ += *count;
        return 1;
    }

    static int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
        auto& self = *static_cast<tls_transport*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        boost::system::error_code failed;
        *count = self.plain_->try_write({bytes, size}, failed);
        if (*count != 0) return 1;
        if (is_would_block(failed))
            BIO_set_retry_write(bio);
        else
            self.write_failed_ = failed;
        return 0;
    }

    static long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*data*/) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* plain_bytes() {
        static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport"), &BIO_meth_free);
        static const bool complete = made != nullptr && BIO_meth_set_read_ex(made.get(), bio_read) == 1 &&
                                     BIO_meth_set_write_ex(made.get(), bio_write) == 1 &&
                                     BIO_meth_set_ctrl(made.get(), bio_control) == 1;
        if (!complete) throw std::bad_alloc();
        return made.get();
    }

    // ---- reading

    /// Decrypts what is there already. Returns what OpenSSL wants next; a failure is kept for when all before it is taken.
    int read_now(asio::mutable_buffer into, std::size_t& count) {
        auto* const begin = static_cast<char*>(into.data());
        while (count < into.size()) {
            ERR_clear_error();
            std::size_t part = 0;
            const int result = SSL_read_ex(stream_.get(), begin + count, into.size() - count, &part);
            if (result != 1) {
                const int wanted = SSL_get_error(stream_.get(), result);
                if (wanted == SSL_ERROR_SSL || wanted == SSL_ERROR_SYSCALL) keep_failure();
                return wanted;
            }
            count += part;
        }
        return SSL_ERROR_NONE;
    }

    void keep_failure() {
        usable_ = false;
        failure_.emplace(write_failed_ ? write_failed_ : make_error_code(errc::tls_failed), take_reason());
    }

    /// Until the next try is worth it.
    asio::awaitable<void> wait_for(int wanted) {
        if (wanted == SSL_ERROR_WANT_WRITE) {
            co_await plain_->wait_writable();
            co_return;
        }
        const auto room = asio::buffer(encrypted_);  // all was taken, else OpenSSL would not want more
        encrypted_begin_ = encrypted_end_ = 0;
        const auto count = co_await plain_->read_some(room);
        encrypted_end_ = count;
        if (std::exchange(write_waits_for_input_, false)) input_came_.set();
    }

    [[noreturn]] void throw_handshake_failure(const std::string& host) {
        const auto verdict = SSL_get_verify_result(stream_.get());
        if (!opts_.insecure_accept_any_certificate && verdict != X509_V_OK) {
            ERR_clear_error();
            throw_error(errc::bad_certificate, "for \"" + host + "\": " + X509_verify_cert_error_string(verdict));
        }
        const auto reason = take_reason();
        if (write_failed_) throw boost::system::system_error(write_failed_);
        throw_error(errc::tls_failed, reason);
    }

    std::shared_ptr<transport> plain_;
    tls_options opts_;
    tls_context context_;
    tls_stream stream_;

    std::array<char, encrypted_bytes> encrypted_{};  // what the plain transport gave and OpenSSL has not taken
    std::size_t encrypted_begin_ = 0;
    std::size_t encrypted_end_ = 0;
    std::optional<boost::system::system_error> failure_;  // of the stream, for the next read
    boost::system::error_code write_failed_;              // what the plain transport said
    async_event input_came_;                              // for a write that has to wait for it
    bool write_waits_for_input_ = false;
    bool usable_ = false;  // the handshake is done and nothing has failed since
    bool closed_ = false;
};

}  // namespace

std::unique_ptr<transport> make_tls_transport(const asio::any_io_executor& executor, std::shared_ptr<transport> plain,
                                              const tls_options& opts) {
    return std::make_unique<tls_transport>(executor, std::move(plain), opts);
}

}  // namespace mote::nats::detail
