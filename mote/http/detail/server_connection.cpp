#include <mote/http/detail/server_connection.hpp>

#include <mote/http/detail/server_core.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t worth_draining = 65536;  // bytes of a body that nobody wants: a new connection costs more

std::string head_too_long(const server_options& options) {
    return "the head is longer than " + std::to_string(options.max_head) + " bytes";
}

std::string body_too_long(std::size_t most) { return "the body is longer than " + std::to_string(most) + " bytes"; }

}  // namespace

server_connection::server_connection(std::shared_ptr<server_core> core, std::unique_ptr<server_stream> stream)
    : core_(std::move(core)), stream_(std::move(stream)) {}

// Also where the execution context goes without having run what was under way.
server_connection::~server_connection() {
    if (in_flight_) core_->leave_flight();
    core_->left(*this);
}

void server_connection::advance() {
    again_ = true;
    if (std::exchange(advancing_, true)) return;  // called from within; the loop goes round once more
    // A handler reads on while it waits to write: the peer may read only when he has sent all.
    while (again_ && (to_send() <= high_water || phase_ == phase::handling)) {
        again_ = false;
        while (step()) {
        }
        flush();
    }
    advancing_ = false;
    flush();
    listen();
    rest();
}

/// True when there may be more to do.
bool server_connection::step() {
    switch (phase_) {
        case phase::head: return read_head();
        case phase::body: return collect_body();
        case phase::handling:
            if (!input_.empty() && reader_.occupied()) reader_.resume({});
            return phase_ != phase::handling;
        case phase::draining: return drain();
        case phase::closing: input_.clear(); return false;
        case phase::opening:
        case phase::closed: return false;
    }
    return false;
}

bool server_connection::read_head() {
    if (input_.empty()) return false;
    if (to_send() > high_water) {
        again_ = true;  // for when that is sent
        return false;
    }
    const auto& options = core_->options();
    switch (scanner_.scan(input_.bytes())) {
        case protocol::head_scanner::result::complete: return begin_request();
        case protocol::head_scanner::result::bare_line_feed:
            return refuse_head(400, "a line that does not end in CRLF");
        case protocol::head_scanner::result::more: break;
    }
    constexpr std::size_t around_target = 64;  // method, version, spaces
    if (!scanner_.has_first_line() && input_.size() > options.max_target + around_target)
        return refuse_head(414, "the target is longer than " + std::to_string(options.max_target) + " bytes");
    if (input_.size() > options.max_head) return refuse_head(431, head_too_long(options));
    if (!std::exchange(head_begun_, true)) allow(options.head_timeout);
    return false;
}

bool server_connection::begin_request() {
    const auto& options = core_->options();
    const auto head = scanner_.head(input_.bytes());
    if (head.size() > options.max_head) return refuse_head(431, head_too_long(options));
    core_->lend_to(out_);
    core_->lend_to(head_);
    head_.assign(head);
    input_.consume(scanner_.size());
    scanner_.reset();
    head_begun_ = false;
    continue_sent_ = false;
    body_lost_ = false;
    received_ = 0;
    deadline_.reset();
    core_->count_request();
    const auto wrong = protocol::parse_request_head(head_, {options.max_target, options.max_headers}, request_);
    body_.begin(request_);
    patience_.begin(options.body_timeout, options.body_progress);
    response_.begin(request_, core_->date());
    if (wrong) return refuse(wrong.status, wrong.why);
    if (core_->handler().plain()) {
        phase_ = phase::body;
        return true;
    }
    if (!core_->enter_flight()) {
        answer_past_bound();
        return true;
    }
    in_flight_ = true;
    return call_handler();
}

bool server_connection::collect_body() {
    const auto most = core_->options().max_body;
    if (request_.content_length.value_or(0) > most) return refuse(413, body_too_long(most));
    if (whole_body_.empty() && body_.whole()) {
        const auto size = static_cast<std::size_t>(body_.left());
        body_view_ = input_.bytes().substr(0, size);
        body_.next();
        return call_function();
    }
    patience_.stop(core_->now());
    for (;;) {
        switch (body_.next()) {
            case request_body::result::data:
                if (whole_body_.size() + body_.piece().size() > most) return refuse(413, body_too_long(most));
                whole_body_.append(body_.piece());
                patience_.take(body_.piece().size());
                break;
            case request_body::result::more:
                send_continue();
                wait_for_body();
                return false;
            case request_body::result::bad: return refuse(400, body_.why());
            case request_body::result::end: body_view_ = whole_body_; return call_function();
        }
    }
}

bool server_connection::call_function() {
    deadline_.reset();
    try {
        core_->handler().plain()(exchange_);
        conclude(nullptr);
    } catch (...) {
        conclude(std::current_exception());
    }
    return true;
}

bool server_connection::call_handler() {
    phase_ = phase::handling;
    const auto& handler = core_->handler();
    try {
        left_open_ = false;
        if (!handler.first() || !handler.first()(exchange_))
            spawn(handler.awaited()(exchange_));
        else if (!left_open_)
            handler_done(nullptr);
    } catch (...) {  // a function that returns a coroutine of others may throw before there is one
        handler_done(std::current_exception());
    }
    return phase_ != phase::handling;
}

void server_connection::spawn(asio::awaitable<void> handler) {
    guest_ = nullptr;
    asio::co_spawn(
        core_->executor(), std::move(handler),
        asio::bind_cancellation_slot(cancel_.slot(), [self = shared_from_this()](const std::exception_ptr& failed) {
            self->handler_done(failed);
        }));
}

open_request server_connection::leave_open(std::shared_ptr<open_handler> who) {
    guest_ = std::move(who);
    left_open_ = true;
    return open_request(shared_from_this());
}

void server_connection::end_open(const std::exception_ptr& failed) {
    const auto leaving = std::exchange(guest_, nullptr);
    handler_done(failed);
}

/// Later, as the guest may be what makes this connection end.
void server_connection::let_guest_know() {
    asio::post(core_->executor(), [who = std::exchange(guest_, nullptr)] { who->on_gone(); });
}

void server_connection::handler_done(const std::exception_ptr& failed) {
    if (std::exchange(in_flight_, false)) core_->leave_flight();
    if (phase_ == phase::closed) return leave();
    conclude(failed);
    advance();
}

/// What becomes of a response when its handler has ended.
void server_connection::conclude(const std::exception_ptr& failed) {
    const bool half = failed && response_.streaming();
    if (failed)
        explain(failed);
    else if (!response_.begun())
        explain(std::make_exception_ptr(std::logic_error("the handler gave no response")));
    if (half || !response_.finish()) {
        phase_ = phase::closing;  // no handler is cancelled
        return abort();
    }
    finish_request();
}

/// Who watches over a busy server may be answered; all others are refused.
void server_connection::answer_past_bound() {
    constexpr std::string_view why = "too many requests are in flight";
    phase_ = phase::handling;
    try {
        const auto& full = core_->handler().full();
        if (full && full(exchange_)) return conclude(nullptr);
    } catch (...) {
        return conclude(std::current_exception());
    }
    conclude(std::make_exception_ptr(status_error(429, std::string(why))));
    tell_refusal(why, request_);
}

void server_connection::explain(const std::exception_ptr& failed) {
    int status = 500;
    std::string why = "the handler failed";
    try {
        std::rethrow_exception(failed);
    } catch (const status_error& error) {
        status = error.status();
        why = error.what();
    } catch (const std::exception& error) {
        core_->report(error.what());
    } catch (...) {
        core_->report("an unknown exception");
    }
    if (response_.begun()) return;
    prepare_whole();
    response_.refusal(status >= 400 && status <= 599 ? status : 500, why);
}

/// For what is wrong with the request itself: where the next one begins is not known.
bool server_connection::refuse(int status, std::string_view why, const protocol::request_head& known) {
    response_.deny_keep_alive();
    response_.refusal(status, why);
    tell_refusal(why, known);
    finish_request();
    return true;
}

/// The same before there is a request.
bool server_connection::refuse_head(int status, std::string_view why) {
    core_->count_request();
    request_.clear();
    body_.begin(request_);
    response_.begin(request_, core_->date());
    const auto& options = core_->options();
    protocol::request_head begun;  // for who is told: what of it has come
    static_cast<void>(
        protocol::parse_request_head(scanner_.head(input_.bytes()), {options.max_target, options.max_headers}, begun));
    return refuse(status, why, begun);
}

void server_connection::tell_refusal(std::string_view why, const protocol::request_head& known) const {
    refused_request refused;
    refused.status = response_.status();
    refused.why = why;
    refused.peer = peer();
    refused.method = known.method;
    refused.path = known.path;
    refused.headers = known.headers;
    refused.received = whole_body_.size();
    refused.sent = response_.sent();
    core_->tell(refused);
}

void server_connection::prepare_response() {
    if (core_->stopping() || body_lost_ || (request_.expects_continue && !continue_sent_)) response_.deny_keep_alive();
}

void server_connection::prepare_whole() {
    prepare_response();
    if (!body_.ends_within(worth_draining)) response_.deny_keep_alive();
}

void server_connection::finish_request() {
    body_.release();
    body_view_ = {};
    whole_body_.clear();
    if (whole_body_.capacity() > kept_capacity) whole_body_.shrink_to_fit();
    if (core_->stopping() || body_lost_ || !response_.keep_alive() || !body_.ends_within(worth_draining)) {
        phase_ = phase::closing;
        return allow(core_->options().linger);
    }
    if (body_.ended()) {
        phase_ = phase::head;
        return allow(core_->options().idle_timeout);
    }
    phase_ = phase::draining;
    allow(core_->options().body_timeout);
}

bool server_connection::drain() {
    for (;;) {
        switch (body_.next()) {
            case request_body::result::data: break;
            case request_body::result::more: return false;
            case request_body::result::bad: abort(); return false;
            case request_body::result::end: finish_request(); return true;
        }
    }
}

void server_connection::send_continue() {
    if (!request_.expects_continue || std::exchange(continue_sent_, true)) return;
    out_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

asio::awaitable<std::string_view> server_connection::read_some() {
    for (;;) {
        if (gone()) throw boost::system::system_error(asio::error::operation_aborted, "the peer has gone");
        switch (body_.next()) {
            case request_body::result::data:
                patience_.take(body_.piece().size());
                received_ += body_.piece().size();
                co_return body_.piece();
            case request_body::result::end: co_return std::string_view();
            case request_body::result::bad: body_lost_ = true; throw status_error(400, std::string(body_.why()));
            case request_body::result::more: break;
        }
        if (!response_.begun()) send_continue();
        wait_for_body();
        flush();
        listen();
        const auto [failed] = co_await reader_.wait(core_->executor(), shared_from_this());
        patience_.stop(core_->now());
        deadline_.reset();
        if (failed == asio::error::timed_out) {
            body_lost_ = true;
            throw status_error(408, "the body comes too slowly");
        }
        if (failed) throw boost::system::system_error(failed, "the peer has gone");
    }
}

asio::awaitable<std::string_view> server_connection::read_body(std::size_t most) {
    most = std::min(most, core_->options().max_body);
    if (request_.content_length.value_or(0) > most) throw status_error(413, body_too_long(most));
    for (;;) {
        const auto piece = co_await read_some();
        if (piece.empty()) break;
        if (whole_body_.size() + piece.size() > most) throw status_error(413, body_too_long(most));
        whole_body_.append(piece);
    }
    body_view_ = whole_body_;
    co_return body_view_;
}

/// Read into memory of its own, so that the space for what comes next, and with it the peer's end, does not wait for the handler.
std::optional<std::string_view> server_connection::body_at_hand() {
    if (!body_.whole() || body_.left() > core_->options().max_body) return std::nullopt;
    while (body_.next() == request_body::result::data) {
        received_ += body_.piece().size();
        whole_body_.append(body_.piece());
    }
    return whole_body_;
}

void server_connection::start(int status, const header_list& headers) {
    prepare_response();
    response_.start(status, headers);
}

asio::awaitable<void> server_connection::write(std::string_view piece) {
    if (gone()) throw boost::system::system_error(asio::error::operation_aborted, "the peer has gone");
    response_.piece(piece);
    flush();
    if (!gone() && to_send() <= high_water) co_return;
    if (!gone()) {
        const auto [failed] = co_await writer_.wait(core_->executor(), shared_from_this());
        if (!failed) co_return;
    }
    throw boost::system::system_error(asio::error::operation_aborted, "the peer has gone");
}

}  // namespace mote::http::detail
