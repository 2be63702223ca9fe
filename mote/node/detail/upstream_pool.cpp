#include <mote/node/detail/upstream_pool.hpp>

#include <algorithm>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

constexpr auto shortest_sweep = std::chrono::milliseconds(10);

}  // namespace

upstream_pool::upstream_pool(asio::any_io_executor executor, upstream_address where, upstream_options options)
    : executor_(std::move(executor)), where_(std::move(where)), options_(options), timer_(executor_) {
    options_.max_connections = std::max<std::size_t>(options_.max_connections, 1);
}

upstream_pool::connection_ptr upstream_pool::take_idle(clock::time_point deadline) {
    if (closed_) throw_error(errc::closed);
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->is_fresh()) {
            use(*connection, deadline);
            return connection;
        }
        --open_;
    }
    return {};
}

asio::awaitable<upstream_pool::connection_ptr> upstream_pool::take(clock::time_point deadline) {
    if (auto kept = take_idle(deadline)) co_return kept;
    if (open_ < options_.max_connections) co_return co_await take_new(deadline);
    auto connection = co_await wait_in_line(deadline);
    try {
        if (!connection->is_fresh()) co_await connection->connect();
    } catch (...) {
        drop(std::move(connection));
        throw;
    }
    co_return connection;
}

asio::awaitable<upstream_pool::connection_ptr> upstream_pool::take_new(clock::time_point deadline) {
    if (closed_) throw_error(errc::closed);
    auto connection = make(deadline);
    ++open_;
    try {
        co_await connection->connect();
    } catch (...) {
        drop(std::move(connection));
        throw;
    }
    co_return connection;
}

asio::awaitable<upstream_pool::connection_ptr> upstream_pool::wait_in_line(clock::time_point deadline) {
    if (line_.size() >= options_.max_waiting) throw_error(errc::upstream_busy);
    waiter self(executor_);
    self.deadline = deadline;
    line_.push_back(self);
    arm(deadline);
    const auto [cancelled] = co_await self.wake.async_wait(asio::as_tuple(asio::deferred));
    if (self.failed) throw_error(*self.failed);
    if (self.given) {
        use(*self.given, deadline);
        co_return std::move(self.given);
    }
    if (!self.may_open) throw boost::system::system_error(cancelled);
    co_return make(deadline);
}

upstream_pool::connection_ptr upstream_pool::make(clock::time_point deadline) {
    auto connection = std::make_shared<upstream_connection>(executor_, where_, made_);
    use(*connection, deadline);
    return connection;
}

void upstream_pool::use(upstream_connection& connection, clock::time_point deadline) {
    used_.push_back(connection);
    set_deadline(connection, deadline);
}

void upstream_pool::set_deadline(upstream_connection& connection, clock::time_point deadline) {
    connection.deadline = deadline;
    if (deadline < armed_) arm(deadline);
}

void upstream_pool::give_back(connection_ptr connection) noexcept {
    if (closed_ || !connection->is_reusable()) return drop(std::move(connection));
    connection->rest();
    keep(std::move(connection));
}

void upstream_pool::keep(connection_ptr connection) noexcept {
    if (closed_) return drop(std::move(connection));
    connection->unlink();
    if (!line_.empty()) {
        auto& first = line_.front();
        first.given = std::move(connection);
        return wake(first);
    }
    if (idle_.size() >= options_.max_idle) return drop(std::move(connection));
    connection->deadline = clock::time_point::max();
    connection->idle_since = round_;
    idle_.push_back(std::move(connection));
    if (round_ends_ != clock::time_point::max()) return;
    round_ends_ = clock::now() + options_.idle_time / 2;
    arm(round_ends_);
}

void upstream_pool::drop(connection_ptr connection) noexcept {
    if (connection->is_linked()) connection->unlink();
    connection->expire(errc::closed);
    --open_;
    if (line_.empty() || open_ >= options_.max_connections) return;
    ++open_;
    line_.front().may_open = true;
    wake(line_.front());
}

void upstream_pool::wake(waiter& first) noexcept {
    first.unlink();
    first.wake.cancel();
}

void upstream_pool::close() noexcept {
    closed_ = true;
    open_ -= idle_.size();
    idle_.clear();
    while (!line_.empty()) {
        line_.front().failed = errc::closed;
        wake(line_.front());
    }
}

void upstream_pool::cut() noexcept {
    close();
    for (auto& connection : used_) connection.expire(errc::closed);
    timer_.cancel();
}

void upstream_pool::arm(clock::time_point when) {
    if (when >= armed_) return;
    armed_ = when;
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        if (const auto self = weak.lock()) self->sweep();
    });
}

void upstream_pool::sweep() {
    armed_ = clock::time_point::max();
    const auto now = clock::now();
    auto next = clock::time_point::max();
    for (auto& connection : used_) {
        if (connection.deadline <= now) {
            connection.deadline = clock::time_point::max();
            connection.expire(errc::upstream_timeout);
        }
        next = std::min(next, connection.deadline);
    }
    for (auto at = line_.begin(); at != line_.end();) {
        auto& waits = *at++;
        if (waits.deadline <= now) {
            waits.failed = errc::upstream_timeout;
            wake(waits);
        } else {
            next = std::min(next, waits.deadline);
        }
    }
    if (round_ends_ <= now) {
        close_old_idle();
        round_ends_ = idle_.empty() ? clock::time_point::max() : now + options_.idle_time / 2;
    }
    next = std::min(next, round_ends_);
    if (next != clock::time_point::max()) arm(std::max(next, now + shortest_sweep));
}

void upstream_pool::close_old_idle() {
    constexpr std::uint64_t rounds = 3;  // the first was not a whole one
    ++round_;
    const auto young = std::find_if(idle_.begin(), idle_.end(),
                                    [&](const auto& connection) { return connection->idle_since + rounds > round_; });
    open_ -= static_cast<std::size_t>(young - idle_.begin());
    idle_.erase(idle_.begin(), young);
}

}  // namespace mote::node::detail
