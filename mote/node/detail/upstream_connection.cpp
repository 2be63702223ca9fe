#include <mote/node/detail/upstream_connection.hpp>

#include <mote/node/detail/request_head.hpp>
#include <mote/node/detail/socket_file.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <charconv>
#include <tuple>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::size_t replay_limit = 4096;  // what a process reads at once, so that it got all of it or nothing
constexpr unsigned most_interim = 16;

boost::system::error_code last_error() noexcept { return {errno, boost::system::system_category()}; }
bool would_block(const boost::system::error_code& error) noexcept {
    return error == asio::error::would_block || error == asio::error::try_again;
}
/// The peer closed before it had read all.
bool is_reset(const boost::system::error_code& error) noexcept {
    return error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

/// True until it is left.
class flag_guard {
public:
    explicit flag_guard(bool& flag) noexcept : flag_(flag) { flag_ = true; }
    flag_guard(const flag_guard&) = delete;
    flag_guard& operator=(const flag_guard&) = delete;
    ~flag_guard() { flag_ = false; }

private:
    bool& flag_;
};

}  // namespace

void upstream_connection::parts::add(std::string_view piece) noexcept {
    if (!piece.empty()) all[count++] = {const_cast<char*>(piece.data()), piece.size()};
}

void upstream_connection::parts::sent(std::size_t size) noexcept {
    touched = touched || size != 0;
    while (first < count && size >= all[first].iov_len) size -= all[first++].iov_len;
    if (size == 0) return;
    all[first].iov_base = static_cast<char*>(all[first].iov_base) + size;
    all[first].iov_len -= size;
}

upstream_connection::upstream_connection(const asio::any_io_executor& executor, const upstream_address& where,
                                         std::uint64_t& made)
    : socket_(executor), where_(where), made_(made) {}

asio::awaitable<void> upstream_connection::connect() {
    error_code ignored;
    socket_.close(ignored);
    input_.clear();
    used_before_ = false;
    if (expired_) fail({});
    const auto error = where_.unix_path.empty() ? co_await connect_tcp() : co_await connect_unix();
    if (expired_ || error == asio::error::operation_aborted) fail(error);
    if (error) throw_error(errc::upstream_refused, error.message());
    ++made_;
}

asio::awaitable<upstream_connection::error_code> upstream_connection::connect_tcp() {
    const asio::ip::tcp::endpoint peer(asio::ip::address_v4::loopback(), where_.port);
    error_code error;
    socket_.open(protocol(asio::ip::tcp::v4()), error);
    if (error) co_return error;
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    const auto [failed] = co_await socket_.async_connect(protocol::endpoint(peer), as_result);
    co_return failed;
}

// Not by async_connect: of a full line at the listener the kernel says EAGAIN, which that takes for "in progress".
asio::awaitable<upstream_connection::error_code> upstream_connection::connect_unix() {
    constexpr auto pause = std::chrono::milliseconds(1);
    const socket_file file(where_.unix_path);
    if (file.error()) co_return file.error();
    const auto peer = file.endpoint();
    error_code error;
    socket_.open(protocol(asio::local::stream_protocol()), error);
    if (!error) socket_.native_non_blocking(true, error);
    if (error) co_return error;
    asio::steady_timer timer(socket_.get_executor());
    while (!expired_) {
        if (::connect(socket_.native_handle(), peer.data(), static_cast<socklen_t>(peer.size())) == 0)
            co_return error_code();
        if (errno != EAGAIN) co_return last_error();
        timer.expires_after(pause);
        const auto [cancelled] = co_await timer.async_wait(as_result);
        if (cancelled) co_return cancelled;
    }
    co_return error_code();
}

bool upstream_connection::is_fresh() noexcept {
    char byte = 0;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void upstream_connection::expire(errc why) noexcept {
    if (!expired_) expired_ = why;
    error_code ignored;
    // A process that does not read would hear of the end only behind what waits for it in the socket.
    if (head_sent_ && !request_done_) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void upstream_connection::fail(const error_code& error) const {
    if (expired_) throw_error(*expired_);
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    throw_error(errc::upstream_lost, error.message());
}

void upstream_connection::begin(const upstream_request& asked, std::optional<std::uint64_t> length) {
    write_request_head(asked, where_.base_path, length, request_head_);
    replay_ = {};
    half_sent_.reset();
    body_left_ = length;
    to_head_ = asked.method == "HEAD";
    idempotent_ = is_idempotent(asked.method);
    head_sent_ = streamed_ = gave_up_ = false;
    request_done_ = length && *length == 0;
    begin_answer();
}

void upstream_connection::begin_answer() {
    head_taken_ = got_bytes_ = has_reader_ = false;
    interim_ = 0;
    parser_.emplace(head_text_, to_head_);
}

asio::awaitable<bool> upstream_connection::write(std::string_view piece) {
    if (body_left_ && piece.size() > *body_left_)
        throw_error(errc::bad_request, "a body that is longer than its length");
    if (!body_left_ && request_done_ && !piece.empty()) throw_error(errc::bad_request, "a piece behind the body's end");
    if (gave_up_) co_return false;
    parts what;
    if (!head_sent_) what.add(request_head_);
    std::array<char, 20> size_line{};
    if (body_left_ || piece.empty()) {
        what.add(piece);
    } else {
        auto* end = std::to_chars(size_line.data(), size_line.data() + 16, piece.size(), 16).ptr;
        *end++ = '\r';
        *end++ = '\n';
        what.add({size_line.data(), end});
        what.add(piece);
        what.add("\r\n");
    }
    streamed_ = streamed_ || (!piece.empty() && replay_.empty());
    if (!co_await send(what)) co_return false;
    if (body_left_) {
        *body_left_ -= piece.size();
        request_done_ = *body_left_ == 0;
    }
    co_return true;
}

bool upstream_connection::write_whole(std::string_view body) noexcept {
    parts what;
    what.add(request_head_);
    what.add(body);
    error_code error;
    if (expired_ || body_left_ != body.size()) return false;
    if (try_send(what, error) != outcome::sent) {
        if (what.touched) half_sent_ = what;  // all else is as if nobody had tried
        return false;
    }
    head_sent_ = request_done_ = true;
    body_left_ = 0;
    return true;
}

asio::awaitable<void> upstream_connection::finish() {
    if (gave_up_) co_return;
    if (body_left_) {
        if (*body_left_ != 0) throw_error(errc::bad_request, "a body that is shorter than its length");
        if (!head_sent_) co_await write({});
        co_return;
    }
    if (request_done_) co_return;
    parts what;
    if (!head_sent_) what.add(request_head_);
    what.add("0\r\n\r\n");
    streamed_ = true;
    request_done_ = co_await send(what);
}

upstream_connection::outcome upstream_connection::try_send(parts& what, error_code& error) noexcept {
    while (what.first < what.count) {
        msghdr message{};
        message.msg_iov = what.all.data() + what.first;
        message.msg_iovlen = what.count - what.first;
        const auto size = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0) {
            what.sent(static_cast<std::size_t>(size));
        } else if (errno != EINTR) {
            error = last_error();
            return would_block(error) ? outcome::blocked : outcome::failed;
        }
    }
    return outcome::sent;
}

asio::awaitable<bool> upstream_connection::send(parts what) {
    for (;;) {
        auto rest = half_sent_ ? *std::exchange(half_sent_, std::nullopt) : what;
        error_code error;
        if (expired_) fail({});
        const auto result = try_send(rest, error);
        // A kept connection that takes nothing was closed before: nobody has read any of this.
        const bool untouched = !rest.touched && used_before_ && !head_sent_;
        if (result == outcome::failed && untouched) {
            co_await connect();
            continue;
        }
        head_sent_ = true;
        if (result == outcome::sent) co_return true;
        if (result == outcome::blocked) co_return co_await send_blocked(rest);
        gave_up_ = true;  // there may be an answer nevertheless
        co_return false;
    }
}

asio::awaitable<bool> upstream_connection::send_blocked(parts what) {
    const flag_guard waits(writing_);
    for (;;) {
        co_await wait_writable();
        if (gave_up_) co_return false;
        error_code error;
        const auto result = try_send(what, error);
        if (result == outcome::sent) co_return true;
        gave_up_ = result == outcome::failed;
        if (gave_up_) co_return false;
    }
}

asio::awaitable<void> upstream_connection::wait_writable() {
    using wait = protocol::socket;
    error_code error;
    bool readable = false;
    if (reading_ || has_reader_) {
        std::tie(error) = co_await socket_.async_wait(wait::wait_write, as_result);
    } else {
        const auto [order, not_writable, not_readable] =
            co_await asio::experimental::make_parallel_group(socket_.async_wait(wait::wait_write, asio::deferred),
                                                             socket_.async_wait(wait::wait_read, asio::deferred))
                .async_wait(asio::experimental::wait_for_one(), asio::deferred);
        readable = order[0] == 1 && !not_readable;
        error = order[0] == 1 ? not_readable : not_writable;
    }
    if (gave_up_) co_return;
    if (expired_ || error) fail(error);
    if (readable && !reading_ && !has_reader_) take_early_answer();
}

// Without a reader, what the process sends has to go somewhere, or it never reads on; and it may be all that it wants to say.
void upstream_connection::take_early_answer() {
    const auto room = input_.room();
    const auto size = room.empty() ? 0 : ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        gave_up_ = true;
        return;
    }
    input_.commit(static_cast<std::size_t>(size));
    got_bytes_ = true;
    if (!parse_head()) return;
    const auto left = length_left();
    gave_up_ = answered() || (left && has_ready(*left));
}

bool upstream_connection::parse_head() {
    while (!head_taken_ && !input_.empty()) {
        std::size_t taken = 0;
        const auto result = parser_->step(input_.bytes(), taken);
        input_.use(taken);
        if (result == answer_parser::result::bad) throw_error(errc::bad_answer, parser_->why());
        if (result == answer_parser::result::more) {
            if (input_.full()) throw_error(errc::bad_answer, "its head is too large");
            return false;
        }
        head_ = head_text_.view();
        if (head_.status < 200) {
            if (++interim_ > most_interim) throw_error(errc::bad_answer, "interim answers without end");
            parser_.emplace(head_text_, to_head_);
            continue;
        }
        head_.content_length = parser_->length();
        head_taken_ = true;
    }
    return head_taken_;
}

std::string_view upstream_connection::parse_body() {
    while (!parser_->done() && !input_.empty()) {
        std::size_t taken = 0;
        const auto result = parser_->step(input_.bytes(), taken);
        input_.use(taken);
        if (result == answer_parser::result::bad) throw_error(errc::bad_answer, parser_->why());
        if (!parser_->piece().empty()) return parser_->piece();
        if (result == answer_parser::result::more) {
            if (input_.full()) throw_error(errc::bad_answer, "a chunk whose first line is too long");
            break;
        }
    }
    return {};
}

bool upstream_connection::fill_now() {
    const auto room = input_.room();
    if (room.empty()) return false;
    const auto size = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (size <= 0) return false;  // an end or an error comes again
    input_.commit(static_cast<std::size_t>(size));
    return true;
}

// The rest of an answer that has begun. A process that writes head and body apart, without TCP_NODELAY, as Python's http.server
// does, sends the second when the first was acknowledged (RFC 896), which the kernel puts off for 40 ms (RFC 1122, 4.2.3.2).
void upstream_connection::hurry() noexcept {
    const int on = 1;
    if (where_.unix_path.empty()) ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool upstream_connection::filled(const error_code& error, std::size_t size) noexcept {
    reading_ = false;
    input_.commit(size);
    got_bytes_ = got_bytes_ || size != 0;
    return !error;
}

bool upstream_connection::may_replay(const error_code& error) const noexcept {
    if (!used_before_ || got_bytes_ || streamed_ || writing_ || expired_) return false;
    if (is_reset(error)) return idempotent_ || request_head_.size() + replay_.size() <= replay_limit;
    return error == asio::error::eof && idempotent_;
}

asio::awaitable<void> upstream_connection::recover(error_code error) {
    if (!may_replay(error)) fail(error);
    co_await connect();
    begin_answer();
    gave_up_ = false;
    head_sent_ = false;
    if (!replay_.empty()) body_left_ = replay_.size();
    co_await write(replay_);
}

void upstream_connection::end_answer(const error_code& error) {
    if (!expired_ && error == asio::error::eof && parser_->until_close() && parser_->end_of_input()) return;
    fail(error);
}

void upstream_connection::stop_writing() noexcept {
    if (!writing_) return;
    gave_up_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

bool upstream_connection::is_reusable() const {
    return answered() && request_done_ && !gave_up_ && !writing_ && !expired_ && parser_->reusable() && input_.empty();
}

void upstream_connection::rest() noexcept {
    constexpr std::size_t kept = 16384;
    used_before_ = true;
    head_sent_ = false;
    deadline = clock::time_point::max();
    replay_ = {};
    input_.clear();
    if (collected_.capacity() > kept) std::string().swap(collected_);
}

}  // namespace mote::node::detail
