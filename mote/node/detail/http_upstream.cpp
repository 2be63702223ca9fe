#include <mote/node/detail/http_upstream.hpp>

#include <mote/node/detail/upstream_pool.hpp>

#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

/// All of the body that is here, where its end is here too; else its beginning.
std::string_view take_what_came(upstream_connection& connection, std::size_t limit) {
    auto first = connection.parse_body();
    if (connection.answered() || first.size() > limit) return first;
    auto& all = connection.collected();
    all = first;
    while (!connection.answered() && all.size() <= limit) {
        const auto piece = connection.parse_body();
        all += piece;
        if (piece.empty() && !connection.answered() && !connection.fill_now()) break;
    }
    return all;
}

}  // namespace

http_upstream::http_upstream(asio::any_io_executor executor, upstream_address where, upstream_options options)
    : pool_(std::make_shared<upstream_pool>(std::move(executor), std::move(where), options)) {}

http_upstream::~http_upstream() { pool_->cut(); }

asio::awaitable<upstream_answer> http_upstream::send(upstream_request asked, std::string_view body,
                                                     std::size_t whole_limit) {
    const auto pool = pool_;
    auto taken = pool->take_idle(asked.deadline);
    if (!taken) taken = co_await pool->take(asked.deadline);
    auto& connection = *taken;
    upstream_answer answer;
    answer.rest = http_exchange(pool, std::move(taken));
    connection.begin(asked, body.size());
    connection.set_replay(body);
    if (!connection.write_whole(body)) co_await connection.write(body);
    answer.head = co_await answer.rest.read_head();
    connection.set_replay({});

    const auto left = connection.length_left();
    if (left && *left > whole_limit) co_return answer;
    if (!left || connection.has_ready(*left)) {
        answer.body = take_what_came(connection, whole_limit);
    } else {
        auto& all = connection.collected();
        all.clear();
        all.reserve(*left);
        while (!connection.answered()) all += co_await answer.rest.read_some();
        answer.body = all;
    }
    answer.whole = connection.answered();
    co_return answer;
}

asio::awaitable<http_exchange> http_upstream::open(upstream_request asked, std::optional<std::uint64_t> length) {
    const auto pool = pool_;
    auto taken = pool->take_idle(asked.deadline);
    if (!taken) taken = co_await pool->take(asked.deadline);
    auto& connection = *taken;
    http_exchange exchange(pool, std::move(taken));
    connection.begin(asked, length);
    co_return exchange;
}

asio::awaitable<void> http_upstream::connect(std::chrono::steady_clock::time_point deadline) {
    const auto pool = pool_;
    pool->keep(co_await pool->take_new(deadline));
}

void http_upstream::close() noexcept { pool_->close(); }
std::size_t http_upstream::in_flight() const noexcept { return pool_->in_flight(); }
std::size_t http_upstream::idle() const noexcept { return pool_->idle(); }
std::size_t http_upstream::waiting() const noexcept { return pool_->waiting(); }
std::uint64_t http_upstream::connections_made() const noexcept { return pool_->connections_made(); }

}  // namespace mote::node::detail
