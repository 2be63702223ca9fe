#include <mote/node/detail/http_exchange.hpp>

#include <mote/node/detail/upstream_pool.hpp>

#include <utility>

namespace mote::node::detail {

std::optional<std::string_view> upstream_head::header(std::string_view name) const noexcept {
    for (const auto& header : headers)
        if (http::same_name(header.name, name)) return header.value;
    return std::nullopt;
}

http_exchange::http_exchange() noexcept = default;

http_exchange::http_exchange(std::shared_ptr<upstream_pool> pool,
                             std::shared_ptr<upstream_connection> connection) noexcept
    : pool_(std::move(pool)), connection_(std::move(connection)) {}

http_exchange::http_exchange(http_exchange&& other) noexcept = default;

http_exchange& http_exchange::operator=(http_exchange&& other) noexcept {
    if (this == &other) return *this;
    leave();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
    return *this;
}

http_exchange::~http_exchange() { leave(); }

void http_exchange::leave() noexcept {
    if (connection_) pool_->give_back(std::move(connection_));
    connection_.reset();
}

boost::asio::awaitable<bool> http_exchange::write(std::string_view piece) {
    // An empty chunk would be the end of the body.
    if (piece.empty() && connection_->head_sent()) co_return true;
    co_return co_await connection_->write(piece);
}

boost::asio::awaitable<void> http_exchange::finish() { return connection_->finish(); }

boost::asio::awaitable<upstream_head> http_exchange::read_head() {
    auto& connection = *connection_;
    if (!connection.head_sent()) co_await connection.write({});
    connection.note_reader();
    while (!connection.parse_head()) {
        const auto [error, size] = co_await connection.fill();
        if (connection.filled(error, size)) continue;
        co_await connection.recover(error);
        connection.note_reader();
    }
    co_return connection.head();
}

boost::asio::awaitable<std::string_view> http_exchange::read_some() {
    auto& connection = *connection_;
    connection.note_reader();
    if (!connection.parse_head()) co_await read_head();
    for (;;) {
        const auto piece = connection.parse_body();
        if (!piece.empty()) co_return piece;
        if (connection.answered()) {
            connection.stop_writing();
            co_return std::string_view();
        }
        const auto [error, size] = co_await connection.fill();
        if (!connection.filled(error, size)) connection.end_answer(error);
    }
}

bool http_exchange::done() const noexcept { return !connection_ || connection_->answered(); }

void http_exchange::set_deadline(std::chrono::steady_clock::time_point deadline) {
    pool_->set_deadline(*connection_, deadline);
}

}  // namespace mote::node::detail
