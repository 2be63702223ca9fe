#include <mote/node/detail/http_replica.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/detail/fork_run.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto shortest_pause = std::chrono::microseconds(500);
constexpr auto longest_pause = std::chrono::milliseconds(50);
constexpr int first_status_of_failure = 400;

http::header_list duration_of(const function_call& call) {
    http::header_list result;
    result.emplace_back("X-Duration-Seconds", functions::call_headers::duration_text(clock::now() - call.started()));
    return result;
}

/// As of-watchdog writes a size: in thousands, with four digits at most; -1 for one that is not known.
std::string size_text(std::optional<std::uint64_t> bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
    double size = bytes ? static_cast<double>(*bytes) : -1;
    std::size_t unit = 0;
    for (; size >= 1000 && unit + 1 < units.size(); ++unit) size /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g%s", size, units[unit]);
    return text.data();
}

/// The line that of-watchdog writes to the log for each answer, but for the query, which may have secrets in it. What it says
/// of call and answer is taken when it is made.
class answer_line {
public:
    answer_line(const function_call& call, const upstream_head& head, std::optional<std::uint64_t> length, bool with_id)
        : began_(call.started()) {
        front_.append(call.method()).append(" ").append(call.path()).append(" - ").append(std::to_string(head.status));
        if (!head.reason.empty()) front_.append(" ").append(head.reason);
        front_.append(" - ContentLength: ").append(size_text(length));
        if (!with_id) return;
        back_.append(" [").append(call.call_id().empty() ? "none" : call.call_id()).append("]");
    }
    std::string text() const {
        std::array<char, 32> took{};
        std::snprintf(took.data(), took.size(), " (%.4fs)",
                      std::chrono::duration<double>(clock::now() - began_).count());
        return log_time() + front_ + took.data() + back_;
    }

private:
    clock::time_point began_;
    std::string front_{}, back_{};
};

/// Nothing unless it is asked for: to keep a line of each call takes a fifth of the calls a second.
std::optional<answer_line> line_of(const function_call& call, const upstream_head& head,
                                   std::optional<std::uint64_t> length, const watchdog_settings& settings) {
    std::optional<answer_line> line;
    if (settings.write_debug || settings.log_callid) line.emplace(call, head, length, settings.log_callid);
    return line;
}

micro::reply_stream<micro::stream_item> answer_of(std::shared_ptr<function_call> call, upstream_head head,
                                                  std::shared_ptr<http_exchange> rest, std::string first) {
    micro::stream_item item;
    item.headers = function_call::head_of(head.status, head.headers, duration_of(*call));
    if (head.content_length) item.headers.set("Mote-Body-Length", std::to_string(*head.content_length));
    item.data = std::move(first);
    co_yield item;
    item.headers = nats::headers();
    for (;;) {
        std::string_view piece;
        try {
            piece = co_await rest->read_some();
        } catch (const boost::system::system_error& error) {
            if (error.code().category() != node_category()) throw;
            throw micro::service_error(http_status(error.code()), nats::plain_reason(error.what()));
        }
        if (piece.empty()) co_return;
        item.data = piece;
        co_yield item;
    }
}

/// A body on its way to the process while its answer is on the way back.
struct feeding {
    feeding(std::shared_ptr<function_call> from, http_exchange to) : call(std::move(from)), exchange(std::move(to)) {}

    std::shared_ptr<function_call> call;
    http_exchange exchange;
    asio::cancellation_signal stop;
    std::exception_ptr failed;  // what is wrong with the body: then there is no answer
};

/// Whoever waits for the answer has it, or has gone: the rest of the body is nobody's.
class feeding_guard {
public:
    explicit feeding_guard(std::shared_ptr<feeding> of) noexcept : of_(std::move(of)) {}
    feeding_guard(const feeding_guard&) = delete;
    feeding_guard& operator=(const feeding_guard&) = delete;
    ~feeding_guard() { of_->stop.emit(asio::cancellation_type::terminal); }

private:
    std::shared_ptr<feeding> of_;
};

asio::awaitable<void> feed(std::shared_ptr<feeding> self) {
    try {
        for (;;) {
            const auto piece = co_await self->call->next_piece();
            if (piece.empty()) break;
            const bool reads_on = co_await self->exchange.write(piece);
            if (!reads_on) co_return;
        }
        co_await self->exchange.finish();
    } catch (const boost::system::system_error& error) {
        // The reader sees by itself that the process has gone.
        const bool is_ours = error.code() == errc::bad_request || error.code() == micro::errc::service_error;
        if (is_ours) self->failed = std::current_exception();
    }
    if (self->failed != nullptr) self->exchange.set_deadline(clock::now());
}

}  // namespace

asio::awaitable<void> http_replica::start() {
    const auto& settings = from().settings();
    const auto until = clock::now() + from().start_patience();
    auto where = settings.upstream.value_or(upstream_address());
    if (where.unix_path.empty()) {
        co_await take_port(where.port, until);
        where.port = port_->port();
    }
    sandbox_extras extras;
    if (!where.unix_path.empty() && from().is_sandboxed()) where = share_socket(extras);
    std::vector<std::pair<std::string, std::string>> more;
    if (where.port != 0) more.emplace_back("PORT", std::to_string(where.port));
    start_process(std::move(more), extras);
    open_upstream(where);
    co_await until_it_listens(where, until);
    // A path that the watchdog answers is not the process's: as soon as it listens, and as long as it runs, all is well.
    if (!settings.ready_path.empty() && !is_of_watchdog(settings.ready_path)) co_await until_it_is_ready(until);
    const auto& health = from().health().path;
    if (health.empty() || is_of_watchdog(health) || has_gone_) co_return;
    upstream_options one;
    one.max_connections = 1;
    doctor_ = std::make_shared<http_upstream>(parts().connection.executor(), std::move(where), one);
    next_look_.emplace(parts().connection.executor());
    asio::co_spawn(parts().connection.executor(),
                   watch_health(std::static_pointer_cast<http_replica>(shared_from_this())),
                   [](const std::exception_ptr&) {});
}

/// Where the socket is that the process makes at its own place; that place's directory is one of ours.
upstream_address http_replica::share_socket(sandbox_extras& extras) {
    constexpr std::size_t longest = 107;  // sockaddr_un
    auto where = *from().settings().upstream;
    const std::filesystem::path inside(where.unix_path);
    sockets_.emplace(parts().id);
    extras.here = sockets_->path();
    extras.inside = inside.parent_path().string();
    where.unix_path = extras.here + '/' + inside.filename().string();
    if (where.unix_path.size() > longest)
        functions::throw_error(functions::errc::bad_setting, "upstream_url: the socket's name is too long");
    return where;
}

/// Any port, or the wanted one as soon as an older process has left it. Whoever else listens there would get the calls.
asio::awaitable<void> http_replica::take_port(std::uint16_t wanted, clock::time_point until) {
    if (wanted == 0) {
        port_.emplace(parts().ports.take());
        co_return;
    }
    for (;;) {
        auto got = parts().ports.try_take(wanted);
        if (got) {
            port_.emplace(std::move(*got));
            co_return;
        }
        if (clock::now() >= until)
            functions::throw_error(
                functions::errc::bad_setting,
                "upstream_url: port " + std::to_string(wanted) +
                    " is taken on this node; without upstream_url the process gets one of its own in PORT");
        co_await pause(longest_pause);
    }
}

asio::awaitable<void> http_replica::stop() {
    co_await process_replica::stop();
    sockets_.reset();
}

void http_replica::on_process_end() {
    has_gone_ = true;
    if (upstream_ != nullptr) upstream_->close();
    if (doctor_ != nullptr) doctor_->close();
    if (next_look_) next_look_->cancel();
}

/// Asks until it is ill, or has gone. Who is ill is ended and replaced, as one that ended by itself.
asio::awaitable<void> http_replica::watch_health(std::shared_ptr<http_replica> self) {
    const auto& how = self->from().health();
    std::uint32_t failures = 0;
    auto wait = how.initial_delay;
    for (;;) {
        self->next_look_->expires_after(wait);
        co_await self->next_look_->async_wait(asio::as_tuple(asio::use_awaitable));
        if (self->has_gone_) co_return;
        const auto wrong = co_await self->look_at_health();
        if (self->has_gone_) co_return;
        failures = wrong.empty() ? 0 : failures + 1;
        if (failures >= how.failures) {
            self->ended("it failed its health check, " + how.path + ": " + wrong);
            co_return;
        }
        wait = how.period;
    }
}

/// What is wrong with it; empty when it is well.
asio::awaitable<std::string> http_replica::look_at_health() {
    const auto& how = from().health();
    upstream_request asked;
    asked.target = how.path;
    asked.deadline = clock::now() + how.timeout;
    std::string wrong;
    try {
        const auto answer = co_await doctor_->send(asked, {});
        if (answer.head.status >= first_status_of_failure) wrong = "status " + std::to_string(answer.head.status);
    } catch (const boost::system::system_error& error) {
        if (error.code().category() != node_category()) throw;
        wrong = nats::plain_reason(error.what());
    }
    co_return wrong;
}

void http_replica::open_upstream(const upstream_address& where) {
    upstream_options bounds;
    if (from().settings().max_inflight != 0) bounds.max_connections = from().settings().max_inflight;
    upstream_ = std::make_shared<http_upstream>(parts().connection.executor(), where, bounds);
}

/// Whoever else of the machine listens on the port that the process was given, before it does, gets no call.
asio::awaitable<void> http_replica::until_it_listens(upstream_address where, clock::time_point until) {
    const auto began = clock::now();
    for (;;) {
        if (has_ended()) throw_error(errc::process_ended, how_it_ended());
        bool refused = false;
        try {
            co_await upstream_->connect(until);
        } catch (const boost::system::system_error& error) {
            refused = error.code() == errc::upstream_refused && clock::now() < until;
            if (!refused && !has_ended()) throw;
        }
        if (!refused && !has_ended()) {
            if (where.port == 0 || has_port(where.port)) co_return;
            if (clock::now() >= until) throw_error(errc::upstream_refused, "another process listens on its port");
            open_upstream(where);  // without the connection to that one
        }
        // By a sixteenth of what its start took: whoever is quick is found quickly.
        const auto wait = std::clamp<clock::duration>((clock::now() - began) / 16, shortest_pause, longest_pause);
        co_await pause(wait);
    }
}

asio::awaitable<void> http_replica::until_it_is_ready(clock::time_point until) {
    for (;;) {
        const bool ready = co_await is_ready(until);
        if (has_ended()) throw_error(errc::process_ended, how_it_ended());
        if (ready) co_return;
        if (clock::now() >= until)
            functions::throw_error(functions::errc::bad_setting, "ready_path: it did not become ready in time");
        co_await pause(longest_pause);
    }
}

/// What breaks off its connections is not ready.
asio::awaitable<bool> http_replica::is_ready(clock::time_point until) {
    upstream_request asked;
    asked.target = from().settings().ready_path;
    asked.deadline = until;
    try {
        const auto answer = co_await upstream_->send(asked, {});
        co_return answer.head.status >= http::status::ok&& answer.head.status < first_status_of_failure;
    } catch (const boost::system::system_error& error) {
        if (error.code().category() != node_category()) throw;
    }
    co_return false;
}

asio::awaitable<void> http_replica::serve(std::shared_ptr<function_call> call) {
    const auto target = call->target();
    upstream_request asked;
    asked.method = call->method();
    asked.target = target;
    asked.headers = call->headers();
    asked.deadline = call->deadline();
    const auto upstream = upstream_;
    if (call->is_streamed() && !from().settings().buffer_request) {
        co_await pass_on_pieces(call, asked);
        co_return;
    }
    auto body = call->body();
    if (call->is_streamed()) body = co_await call->whole_body(parts().opts.max_body);
    auto got = co_await upstream->send(asked, body);
    if (got.whole) {
        auto more = duration_of(*call);
        // Of a body that is not there, as of an answer to HEAD.
        if (got.body.empty() && got.head.content_length)
            more.emplace_back(functions::call_headers::body_length, std::to_string(*got.head.content_length));
        const auto length = got.head.content_length.value_or(got.body.size());
        const auto line = line_of(*call, got.head, length, from().settings());
        call->respond(got.head.status, got.head.headers, got.body, more);
        if (line) log(line->text());
        co_return;
    }
    std::string first(got.body);
    auto rest = std::make_shared<http_exchange>(std::move(got.rest));
    auto answered = answer(call, got.head, std::move(rest), std::move(first));
    co_await std::move(answered);
}

asio::awaitable<void> http_replica::pass_on_pieces(std::shared_ptr<function_call> call, upstream_request asked) {
    auto opened = co_await upstream_->open(asked, call->content_length());
    const auto self = std::make_shared<feeding>(call, std::move(opened));
    const feeding_guard guard(self);
    const auto first = co_await call->next_piece();
    bool reads_on = false;
    if (first.empty())
        co_await self->exchange.finish();
    else
        reads_on = co_await self->exchange.write(first);
    const std::shared_ptr<http_exchange> exchange(self, &self->exchange);
    if (reads_on)
        asio::co_spawn(parts().connection.executor(), feed(self),
                       asio::bind_cancellation_slot(self->stop.slot(), [](const std::exception_ptr&) {}));
    upstream_head head;
    bool failed = false;
    try {
        head = co_await exchange->read_head();
    } catch (...) {
        if (self->failed == nullptr) throw;
        failed = true;
    }
    if (failed) std::rethrow_exception(self->failed);
    auto answered = answer(call, head, exchange, {});
    co_await std::move(answered);
}

asio::awaitable<void> http_replica::answer(std::shared_ptr<function_call> call, upstream_head head,
                                           std::shared_ptr<http_exchange> rest, std::string first) {
    const auto line = line_of(*call, head, head.content_length, from().settings());
    auto pieces = answer_of(call, head, std::move(rest), std::move(first));
    co_await call->respond_in_pieces(std::move(pieces));
    if (line) log(line->text());
}

}  // namespace mote::node::detail
