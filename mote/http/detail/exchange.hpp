#pragma once

#include <mote/http/client.hpp>
#include <mote/http/detail/curl_api.hpp>
#include <mote/http/detail/origin.hpp>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace mote::http::detail {

struct easy_deleter {
    void operator()(CURL* easy) const noexcept { curl().easy_cleanup(easy); }
};
using easy_handle = std::unique_ptr<CURL, easy_deleter>;

struct slist_deleter {
    void operator()(curl_slist* list) const noexcept { curl().slist_free_all(list); }
};

/// What each transfer of a client is set up with.
struct transfer_settings {
    client_options options{};
    std::string ca_file{};  // resolved by the first transfer; empty: libcurl's own
};

enum class stage { fresh, waiting, running, resting, done };

/// One request on its way through the engine: up to `retries + 1` transfers, then a response or an error. It lives in the
/// frame of the coroutine that waits for it, and is in one of the engine's lists.
class exchange : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// Throws `errc::bad_url` and `errc::bad_request`.
    exchange(const boost::asio::any_io_executor& executor, request asked, const transfer_settings& settings);
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    // For the coroutine.
    /// Returns when done, or after `limit`. Throws `operation_aborted` when cancelled.
    boost::asio::awaitable<void> until_done(std::optional<std::chrono::nanoseconds> limit = {});
    bool done() const noexcept { return stage_ == stage::done; }
    bool worth_another_try() const noexcept { return worth_another_try_; }
    /// The response, or throws what went wrong.
    response take();

    // For the engine.
    stage where() const noexcept { return stage_; }
    void go_to(stage next) noexcept { stage_ = next; }
    /// Sets the handle up for one transfer, with this object behind its callbacks.
    void prepare(easy_handle easy);
    CURL* easy() const noexcept { return easy_.get(); }
    easy_handle release_easy() noexcept { return std::move(easy_); }
    /// The transfer ended: keeps its outcome.
    void conclude(CURLcode result);
    void fail(errc code, std::string_view why) noexcept;
    /// Lets the coroutine go on, some time after this returns.
    void wake() noexcept;

    static exchange& of(CURL* easy) noexcept;

private:
    static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept;

    static curl_socket_t open_callback(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
    static int before_request_callback(void* self, char* address, char* own, int port, int own_port) noexcept;

    void add_headers();
    void set_guard(CURL* easy);
    bool allows(std::string_view address, int port) noexcept;
    void set_method(CURL* easy);
    void set_security(CURL* easy);
    bool on_header(std::string_view line);
    bool on_body(std::string_view chunk);
    bool may_repeat(CURLcode result) const noexcept;

    const transfer_settings& settings_;
    request request_;
    origin origin_;
    bool safe_;  // GET or HEAD: may be sent twice, may be redirected
    std::unique_ptr<curl_slist, slist_deleter> headers_;
    boost::asio::steady_timer wake_;
    stage stage_ = stage::fresh;

    easy_handle easy_;
    std::array<char, CURL_ERROR_SIZE> curl_text_{};
    response response_;
    std::size_t header_bytes_ = 0;
    bool too_large_ = false;
    bool refused_ = false;     // an address of the host, in this try
    bool connecting_ = false;  // to another one, that was not
    bool worth_another_try_ = false;
    std::optional<boost::system::system_error> failure_;
};

}  // namespace mote::http::detail
