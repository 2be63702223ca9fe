#pragma once

#include <mote/http/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace mote::node::detail {

class upstream_connection;
class upstream_pool;

/// What a function's process is asked. Not sent, whoever gives them: headers about the connection (also those that
/// `Connection` names), `Content-Length`, `Transfer-Encoding` and `Expect`. `Host` is `localhost` where there is none.
struct upstream_request {
    std::string_view method = "GET";
    std::string_view target = "/";  // with its query
    std::span<const http::header_view> headers{};
    /// Of all until the end of the answer, waiting in line included; kept to about 10 ms. `max()`: none.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// The head of an answer; its views are good as long as the exchange. Headers about the connection and the length are
/// left out.
struct upstream_head {
    int status = 0;  // 200..999
    std::string_view reason{};
    std::span<const http::header_view> headers{};
    std::optional<std::uint64_t> content_length{};  // also that of an answer to HEAD, which has no body

    /// The first value of that name, in upper or lower case.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// One request and its answer on a connection of its own. When the answer was read to its end the connection is kept for the
/// next; when the exchange is destroyed before that it is closed.
///
/// One coroutine may write while another reads; no two may do the same. What waits may not be destroyed while it waits.
class http_exchange {
public:
    http_exchange() noexcept;  ///< none: nothing can be done with it
    http_exchange(http_exchange&& other) noexcept;
    http_exchange& operator=(http_exchange&& other) noexcept;
    ~http_exchange();

    /// Sends a piece of the body at once. False, and nothing is sent, when the process answers without reading on: then read.
    /// Throws `errc::bad_request` past the length that was said, and as `http_upstream` says.
    boost::asio::awaitable<bool> write(std::string_view piece);
    /// Ends the body. Throws `errc::bad_request` when it is shorter than its length.
    boost::asio::awaitable<void> finish();

    /// The head of the answer; answers of 1xx are skipped. Throws as `http_upstream` says.
    boost::asio::awaitable<upstream_head> read_head();
    /// The next piece of the answer's body as it comes, at most 64 KiB, good until the next call; empty at its end.
    boost::asio::awaitable<std::string_view> read_some();

    /// True when there is nothing left to read.
    bool done() const noexcept;
    /// Moves the deadline; `max()`: none.
    void set_deadline(std::chrono::steady_clock::time_point deadline);

private:
    friend class http_upstream;
    http_exchange(std::shared_ptr<upstream_pool> pool, std::shared_ptr<upstream_connection> connection) noexcept;

    void leave() noexcept;

    std::shared_ptr<upstream_pool> pool_;
    std::shared_ptr<upstream_connection> connection_;
};

/// What `http_upstream::send` returns.
struct upstream_answer {
    upstream_head head{};
    std::string_view body{};  // all of it when `whole`, else its beginning; good until `rest` is read or destroyed
    bool whole = false;
    http_exchange rest{};  // keeps the views good, also when there is nothing left to read
};

}  // namespace mote::node::detail
