#include <mote/http/detail/server_core.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <sys/socket.h>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

// More than max_connections, so that those past it are told why.
constexpr std::size_t turned_away_at_once = 64;
constexpr std::size_t most_spare = 4;           // one is in use at a time, mostly
constexpr std::size_t most_spare_texts = 1024;  // a request that waits for its answer has two
constexpr std::size_t longest_spare_text = 1024;

std::chrono::milliseconds grain_of(const server_options& options) {
    const auto shortest = std::min(
        {options.head_timeout, options.body_timeout, options.idle_timeout, options.write_timeout, options.linger});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
}

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

void listen_on(tcp::acceptor& acceptor, const server_options& options) {
    const std::string where = options.address + ":" + std::to_string(options.port);
    const auto check = [&where](const error_code& failed) {
        if (failed) throw boost::system::system_error(failed, "cannot listen on " + where);
    };
    error_code failed;
    const auto address = asio::ip::make_address(options.address, failed);
    check(failed);
    const tcp::endpoint endpoint(address, options.port);
    check(acceptor.open(endpoint.protocol(), failed));
    check(acceptor.set_option(tcp::acceptor::reuse_address(true), failed));
    if (options.reuse_port) check(acceptor.set_option(reuse_port(true), failed));
    if (address.is_v6()) check(acceptor.set_option(asio::ip::v6_only(false), failed));
    check(acceptor.bind(endpoint, failed));
    check(acceptor.listen(asio::socket_base::max_listen_connections, failed));
}

}  // namespace

server_core::server_core(asio::any_io_executor executor, server_options options, server_handler handler)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      handler_(std::move(handler)),
      acceptor_(executor_),
      timer_(executor_),
      grain_(grain_of(options_)) {
    if (!options_.certificate_file.empty() || !options_.key_file.empty())
        tls_ = make_tls_context(options_.certificate_file, options_.key_file);
    spare_.reserve(most_spare);
    spare_texts_.reserve(most_spare_texts);
    listen_on(acceptor_, options_);
    port_ = acceptor_.local_endpoint().port();
}

void server_core::open() {
    tick();
    accept();
}

void server_core::close_door() noexcept {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (auto at = connections_.begin(); at != connections_.end();) {
        server_connection& each = *at++;
        each.stop();
    }
    if (count_ == 0) timer_.cancel();
}

void server_core::abort_all() {
    for (auto at = connections_.begin(); at != connections_.end();) {
        server_connection& each = *at++;
        each.abort();
    }
}

void server_core::accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& failed, tcp::socket socket) {
        if (self->stopping_ || failed == asio::error::operation_aborted) return;
        if (!failed) self->accepted(std::move(socket));
        if (failed && failed != asio::error::connection_aborted)
            self->accept_again_ = true;
        else
            self->accept();
    });
}

void server_core::accepted(tcp::socket socket) {
    const bool full = count_ >= options_.max_connections;
    // With TLS it is not worth a handshake.
    if (full && (tls_ || count_ >= options_.max_connections + turned_away_at_once)) return tell_unanswered(socket);
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto stream = tls_ ? make_tls_stream(std::move(socket), *tls_) : make_plain_stream(std::move(socket));
    const auto connection = std::make_shared<server_connection>(shared_from_this(), std::move(stream));
    connections_.push_back(*connection);
    ++count_;
    if (full)
        connection->turn_away();
    else
        connection->open();
}

void server_core::tell_unanswered(const tcp::socket& socket) const {
    refused_request refused;
    refused.status = 503;
    refused.why = "too many connections: closed without an answer";
    const auto peer = address_of(socket);
    refused.peer = peer;
    tell(refused);
}

void server_core::tick() {
    now_ = clock::now();
    const auto second =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (date_second_ != second) date_ = protocol::date_line(date_second_ = second);
    timer_.expires_at(now_ + grain_);
    timer_.async_wait([self = shared_from_this()](const error_code& failed) {
        if (!failed && !(self->stopping_ && self->count_ == 0)) self->sweep();
    });
}

void server_core::sweep() {
    tick();
    if (std::exchange(accept_again_, false)) accept();
    for (auto at = connections_.begin(); at != connections_.end();) {
        server_connection& each = *at++;
        each.sweep(now_);
    }
}

std::unique_ptr<char[]> server_core::spare_memory() noexcept {
    if (spare_.empty()) return nullptr;
    auto memory = std::move(spare_.back());
    spare_.pop_back();
    return memory;
}

void server_core::keep_spare(std::unique_ptr<char[]> memory) noexcept {
    if (memory != nullptr && spare_.size() < most_spare) spare_.push_back(std::move(memory));
}

void server_core::lend_to(std::string& text) noexcept {
    if (spare_texts_.empty() || !text.empty() || text.capacity() > std::string().capacity()) return;
    text = std::move(spare_texts_.back());
    spare_texts_.pop_back();
}

void server_core::take_back(std::string& text) noexcept {
    text.clear();
    const bool kept = text.capacity() > std::string().capacity() && text.capacity() <= longest_spare_text &&
                      spare_texts_.size() < spare_texts_.capacity();
    if (kept) spare_texts_.push_back(std::move(text));
    text = std::string();
}

bool server_core::enter_flight() noexcept {
    if (in_flight_ >= options_.max_in_flight) return false;
    ++in_flight_;
    return true;
}

void server_core::left(server_connection& who) noexcept {
    if (!who.is_linked()) return;
    who.unlink();
    if (--count_ != 0 || !stopping_) return;
    timer_.cancel();
    for (auto* const each : waiting_) each->cancel();
}

void server_core::report(std::string_view failure) const noexcept {
    if (options_.on_failure) options_.on_failure(failure);
}

void server_core::tell(const refused_request& refused) const noexcept {
    if (options_.on_refusal) options_.on_refusal(refused);
}

asio::awaitable<void> server_core::until_empty(std::chrono::nanoseconds patience) {
    asio::steady_timer gone(executor_, patience);
    struct visit {
        visit(server_core& core, asio::steady_timer& timer) : host(core), guest(&timer) {
            host.waiting_.push_back(guest);
        }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() { std::erase(host.waiting_, guest); }
        server_core& host;
        asio::steady_timer* guest;
    };
    const visit waits(*this, gone);
    if (count_ != 0) co_await gone.async_wait(asio::as_tuple(asio::deferred));
}

}  // namespace mote::http::detail
