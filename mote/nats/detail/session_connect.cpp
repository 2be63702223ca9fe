#include <mote/nats/detail/info_json.hpp>
#include <mote/nats/detail/link.hpp>
#include <mote/nats/detail/session.hpp>
#include <mote/nats/detail/tls_transport.hpp>
#include <mote/nats/protocol/parser.hpp>
#include <mote/nats/protocol/writer.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

constexpr unsigned max_auth_failures = 2;  // in a row at one server, then it is not tried again

/// Closes a link that is not up in time.
struct time_limit {
    bool done = false;
    bool passed = false;
};

/// What an exception says beside the text of its code; else that text.
std::string reason_of(const boost::system::system_error& error) {
    std::string text = error.what();
    const auto code_text = error.code().what();
    if (text.ends_with(code_text)) text.resize(text.size() - code_text.size());
    if (text.ends_with(": ")) text.resize(text.size() - 2);
    return text.empty() ? error.code().message() : text;
}

bool is_login_failure(const boost::system::error_code& failed) {
    return failed == errc::auth_failed || failed == errc::credentials_expired;
}

/// What says more to a caller than that no server could be reached.
bool tells_more(const boost::system::error_code& failed) {
    return is_login_failure(failed) || failed == errc::too_many_connections || failed == errc::not_supported ||
           failed == errc::tls_unavailable || failed == errc::bad_certificate || failed == errc::tls_failed ||
           failed == errc::bad_credentials || failed == errc::proxy_failed || failed == errc::no_echo_not_supported;
}

}  // namespace

asio::awaitable<void> session::open() {
    const auto self = shared_from_this();
    std::string detail;
    const auto failed = co_await find_server(opts_.retry_on_first_connect ? opts_.reconnect.max_rounds : 1, detail);
    if (failed) {
        finish(failed, detail);
        throw boost::system::system_error(failed, detail);
    }
    link_up();
    asio::co_spawn(executor_, run(self), [self](const std::exception_ptr& thrown) {
        if (thrown) self->finish(errc::protocol_error);
    });
}

/// Tries servers until one takes us; at most so many rounds over all of them (0: no bound). `detail` gets what each said.
asio::awaitable<boost::system::error_code> session::find_server(std::size_t max_rounds, std::string& detail) {
    std::string told;
    for (std::size_t round = 1;; ++round) {
        const auto failed = co_await connect_round(detail);
        if (!failed || round == max_rounds || pool_.size() == 0 || status_ == connection_status::closed)
            co_return failed;
        if (detail != told) emit(event_kind::error, failed, detail);  // the same again is no news
        told = detail;
    }
}

/// As many tries as there are servers, each when it is due.
asio::awaitable<boost::system::error_code> session::connect_round(std::string& detail) {
    boost::system::error_code result = errc::connect_failed;
    detail.clear();
    for (auto left = pool_.size(); left != 0 && pool_.size() != 0; --left) {
        if (status_ == connection_status::closed) co_return errc::closed;  // by who was told of the loss or a failure
        co_await next_server();
        if (status_ == connection_status::closed) co_return errc::closed;
        boost::system::error_code failed;
        try {
            co_await connect_front();
            pool_.front_is_up(std::chrono::steady_clock::now());
            co_return boost::system::error_code();
        } catch (const boost::system::system_error& error) {
            failed = error.code();
            if (!detail.empty()) detail += "; ";
            detail += connected_server_ + ": " + reason_of(error);
        }
        if (status_ == connection_status::closed) co_return errc::closed;
        if (failed == asio::error::operation_aborted)
            throw boost::system::system_error(failed);  // connect() was cancelled
        if (tells_more(failed)) result = failed;
        if (is_login_failure(failed) && ++pool_.front().auth_failures >= max_auth_failures)
            pool_.drop_front();
        else
            pool_.front_failed(std::chrono::steady_clock::now());
    }
    co_return result;
}

/// Brings the next server to try to the front of the pool, and waits until it is due.
asio::awaitable<void> session::next_server() {
    const auto now = std::chrono::steady_clock::now();
    pool_.bring_next(now);
    auto due = pool_.front().due;
    if (const auto choice = ask_for_server(); choice && pool_.bring(choice->server)) due = now + choice->wait;
    return wait_until(due);
}

std::vector<known_server> session::servers() const {
    const auto now = std::chrono::steady_clock::now();
    std::vector<known_server> known;
    for (const auto& server : pool_.all()) {
        const auto wait = std::max(server.due - now, time_point::duration::zero());
        known.push_back(
            {server.name(), server.discovered, server.failures, std::chrono::ceil<std::chrono::milliseconds>(wait)});
    }
    return known;
}

std::optional<server_choice> session::ask_for_server() const {
    if (!opts_.choose_server) return std::nullopt;
    try {
        return opts_.choose_server(servers(), info_);
    } catch (...) {
        return std::nullopt;
    }
}

/// Before another try, bounded by closing, and by somebody who wants it now.
asio::awaitable<void> session::wait_until(time_point due) {
    // Who closes before the timer is set has nothing to cancel.
    if (status_ == connection_status::closed || due <= std::chrono::steady_clock::now()) co_return;
    retry_timer_.expires_at(due);
    co_await retry_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> session::connect_front() {
    const auto server = pool_.front();
    connected_server_ = server.name();
    const auto link = make_link(executor_, opts_, server, pool_.wants_tls());
    transport_ = link;
    broken_ = {};
    input_.clear();

    const auto limit = std::make_shared<time_limit>();
    asio::steady_timer timer(executor_, opts_.connect_timeout);
    timer.async_wait([link, limit](const boost::system::error_code& cancelled) {
        if (cancelled || limit->done) return;
        limit->passed = true;
        link->close();
    });
    std::exception_ptr failed;
    try {
        co_await link->connect(server.host, server.port);
        co_await handshake(link);
    } catch (...) {
        failed = std::current_exception();
    }
    limit->done = true;
    timer.cancel();
    if (!failed) co_return;
    link->close();
    if (limit->passed) throw_error(errc::timeout, "no answer within the connect time-out");
    std::rethrow_exception(failed);
}

credentials session::login(const server_address& server) const {
    const auto& own = server.login;
    if (!own.user.empty() || !own.token.empty()) return own;
    if (opts_.auth != nullptr) {
        try {
            return opts_.auth->authenticate({info_.nonce, info_.auth_required});
        } catch (const boost::system::system_error& failed) {
            if (tells_more(failed.code())) throw;
            throw_error(errc::connect_failed, std::string("authenticator: ") + failed.what());
        } catch (const std::exception& failed) {
            throw_error(errc::connect_failed, std::string("authenticator: ") + failed.what());
        }
    }
    credentials given;
    given.user = opts_.user;
    given.password = opts_.password;
    given.token = opts_.token;
    return given;
}

/// TLS over `plain`, as the connection's transport from now on.
asio::awaitable<std::shared_ptr<transport>> session::secure(std::shared_ptr<transport> plain) {
    // What a server says between INFO and TLS, anybody may have put there; it must not be read as if it came encrypted.
    if (!input_.empty()) throw_error(errc::protocol_error, "the server said more than INFO before TLS");
    const std::shared_ptr<transport> secured = make_tls_transport(executor_, std::move(plain), opts_.tls);
    transport_ = secured;
    const auto server = pool_.front();
    co_await secured->connect(name_for_tls(opts_, server), server.port);
    co_return secured;
}

asio::awaitable<void> session::handshake(std::shared_ptr<transport> link) {
    const bool websocket = pool_.front().is_websocket();  // has its TLS below
    bool secured = websocket ? pool_.wants_tls() : opts_.tls.handshake_first;
    if (secured && !websocket) link = co_await secure(link);
    auto frame = co_await read_frame(link);
    if (frame.op != protocol::operation::info) throw_error(errc::protocol_error, "the server did not begin with INFO");
    info_ = parse_info(frame.text);
    if (!secured && !websocket && (pool_.wants_tls() || info_.tls_required)) {
        if (!info_.tls_required && !info_.tls_available) throw_error(errc::tls_unavailable, "TLS is wanted");
        link = co_await secure(link);
        secured = true;
    }

    if (!opts_.echo && info_.protocol < 1) throw_error(errc::no_echo_not_supported);

    protocol::byte_buffer hello;
    protocol::write_connect(hello, connect_json(opts_, login(pool_.front()), info_, secured));
    protocol::write_ping(hello);
    try {
        co_await write_all(link, std::move(hello));
    } catch (const boost::system::system_error& failed) {
        // A server that refuses us may close while we write; what it said before that is still to be read, and tells more.
        if (failed.code() != asio::error::broken_pipe && failed.code() != asio::error::connection_reset) throw;
    }
    for (;;) {
        frame = co_await read_frame(link);
        if (frame.op == protocol::operation::pong) co_return;
        if (frame.op == protocol::operation::info) info_ = parse_info(frame.text);
        if (frame.op != protocol::operation::err) continue;
        const auto text = std::string(frame.text);
        on_server_error(text);
        throw boost::system::system_error(broken_ ? broken_ : make_error_code(errc::server_error), text);
    }
}

/// The next operation; its views end with the next call.
asio::awaitable<protocol::frame> session::read_frame(std::shared_ptr<transport> link) {
    for (;;) {
        protocol::frame frame;
        const auto result = protocol::parse_server_frame(input_.data(), frame);
        if (result.status == protocol::parse_result::kind::complete) {
            input_.consume(result.size);
            co_return frame;
        }
        if (result.status == protocol::parse_result::kind::invalid)
            throw_error(errc::protocol_error, protocol::describe(result.error));
        const auto room = read_room(result.size);
        const auto count = co_await link->read_some(room);
        input_.commit(count);
    }
}

asio::awaitable<void> session::write_all(std::shared_ptr<transport> link, protocol::byte_buffer bytes) {
    while (!bytes.empty()) {
        boost::system::error_code failed;
        bytes.consume(link->try_write(bytes.data(), failed));
        if (failed && failed != asio::error::would_block && failed != asio::error::try_again)
            throw boost::system::system_error(failed);
        if (!bytes.empty()) co_await link->wait_writable();
    }
}

}  // namespace mote::nats::detail
