#include <mote/gateway/detail/front_state.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/function_openapi.hpp>
#include <mote/gateway/detail/header_in.hpp>
#include <mote/gateway/detail/system_routes.hpp>
#include <mote/gateway/detail/tell_audit.hpp>
#include <mote/http/status.hpp>

#include <boost/system/system_error.hpp>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::string_view system_prefix = "/system/";

bool reads(const http::exchange& asked) { return asked.method() == "GET" || asked.method() == "HEAD"; }

/// `name.namespace` of a call of a function, for the log.
std::string function_in(std::string_view method, std::string_view path) {
    auto found = parse_function_path(path, calls_prefix);
    if (!found && method == "POST") found = parse_function_path(path, async_prefix);  // others name a call by its id
    return found ? found->function.full() : std::string();
}

authorization_options guarding(const front_options& opts) {
    authorization_options guard;
    guard.functions = opts.protect_functions;
    guard.max_failures = opts.max_login_failures;
    guard.on_failure = opts.on_note;
    return guard;
}

}  // namespace

bool is_websocket(const http::exchange& asked) {
    return http::has_word(asked.upgrade(), "websocket") && asked.method() == "GET" &&
           asked.header("Sec-WebSocket-Key").has_value();
}

front_state::front_state(nats::connection given, front_options options)
    : connection(std::move(given)),
      opts(std::move(options)),
      services(connection, opts.services),
      cross_origin(opts.cors) {
    if (!opts.credentials.empty()) guard.emplace(opts.credentials, guarding(opts));
    if (opts.access_log) accesses.emplace(connection.executor(), opts.access_log);
    if (opts.audit_log) changes.emplace(connection.executor(), opts.audit_log);
}

asio::awaitable<void> front_state::open_functions() {
    if (!connection.may_have_jetstream()) {
        no_functions = "the NATS server has no JetStream, which functions need";
        if (opts.on_note) opts.on_note("there are no functions: " + no_functions);
        look_for_jetstream();
        co_return;
    }
    co_await open_stores();
}

void front_state::look_for_jetstream() {
    opening_ = std::make_shared<until_done>(connection.executor(), [this] { return open_stores(); });
    reconnects_ = connection.watch_events([this](const nats::connection_event& event) {
        const bool may_be = event.kind == nats::event_kind::reconnected && functions == nullptr;
        if (may_be && connection.may_have_jetstream()) opening_->begin();
    });
}

asio::awaitable<void> front_state::stop_opening() {
    reconnects_ = nats::event_watch();
    if (opening_ != nullptr) co_await opening_->stop();
}

asio::awaitable<void> front_state::open_stores() {
    front_functions_options how;
    how.calls.timeout = opts.services.timeout;
    how.calls.pass_credentials = !opts.protect_functions;
    how.calls.version = opts.version == "dev" ? "0.0.0" : opts.version;
    how.calls.is_served = [this](std::string_view subject) { return services.serves(subject); };
    how.system.version = opts.version;
    how.system.commit = opts.commit;
    how.callbacks = opts.callbacks;
    how.note = opts.on_note;
    if (changes) how.audit = [this](const audit_record& one) { changes->add(one); };
    const jetstream::context js(connection);
    auto stores = co_await function_stores::open(js);
    auto opened = std::make_unique<front_functions>(js, std::move(stores), metrics, how);
    co_await opened->start();
    functions = std::move(opened);
    if (opening_ != nullptr && opts.on_note)
        opts.on_note("the NATS server has JetStream now, and so there are functions");
}

bool front_state::answer_preflight(front_request& request) {
    auto answer = cross_origin.preflight(request.asked.method(), request.asked.headers());
    if (!answer) return false;
    if (request.head) request.head->complete(answer->headers);
    request.asked.respond(*answer);
    log(request, answer->status);
    return true;
}

/// The answer's headers are made before the request's are forgotten.
void front_state::open_to_origins(http::exchange& asked) const {
    if (!cross_origin.on()) return;
    asked.edit_headers(
        [this, headers = asked.headers()](http::header_list& answer) { cross_origin.apply(headers, answer); });
}

asio::awaitable<void> front_state::answer(front_request& request) {
    auto& asked = request.asked;
    request.by.allowed = true;
    if (guard) request.by = guard->authorize(asked.path(), asked.headers(), request.peer);
    // The way of most requests has no coroutine of its own here.
    if (request.by && functions != nullptr && asked.path().starts_with(calls_prefix) && !is_websocket(asked))
        return functions->calls().handle(asked, *request.head);
    return answer_other(request);
}

asio::awaitable<void> front_state::answer_other(front_request& request) {
    auto& asked = request.asked;
    const auto path = asked.path();
    if (!request.by) {
        auto refused = refusal(request.by);
        audit_refusal(request, refused.status);
        if (request.head) request.head->complete(refused.headers);
        co_return asked.respond(refused);
    }
    if (is_websocket(asked)) {
        auto refused = text_answer(http::status::not_implemented, "WebSockets are not passed on");
        if (request.head) request.head->complete(refused.headers);
        co_return asked.respond(refused);
    }
    if (path == "/" && reads(asked) && !services.has_route(asked.method(), path))
        co_return asked.respond(
            text_answer(http::status::ok, "mote: see /services, /openapi.json and /system/functions"));

    const bool is_system = path.starts_with(system_prefix);
    if (functions == nullptr && (is_system || request.head)) {
        auto refused = unavailable(no_functions);
        if (request.head) request.head->complete(refused.headers);
        co_return asked.respond(refused);
    }
    // What waited for the server could be queued once it is back, though it was refused by then.
    if (request.head && is_away(connection)) {
        auto refused = server_is_away();
        audit_refusal(request, refused.status);
        request.head->complete(refused.headers);
        co_return asked.respond(refused);
    }
    if (is_system) {
        const bool answered = co_await functions->system().handle(asked, request.by);
        if (answered) co_return;
    } else if (path.starts_with(async_prefix)) {
        co_return co_await functions->async().handle(asked, *request.head, request.by);
    } else if (path == "/openapi.json" && reads(asked)) {
        auto document = co_await services.openapi(is_of_front);
        if (functions != nullptr) document = with_functions(document, functions->table());
        if (guard) document = with_logins(document, opts.protect_functions);
        co_return asked.respond(json_answer(http::status::ok, std::move(document)));
    }
    // A login that was looked at here is for the gateway alone.
    const bool is_theirs = request.by.how == scheme::none;
    co_await services.handle(asked, is_theirs);
}

/// A try of a change is told, too. Of what it is about, only what the path says is known.
void front_state::audit_refusal(const front_request& request, int status) {
    if (!changes) return;
    const auto& asked = request.asked;
    const auto path = asked.path();
    const auto tell = [this](const audit_record& one) { changes->add(one); };
    if (path.starts_with(async_prefix) && asked.method() == "DELETE")
        return tell_audit(tell, asked, request.by, audit_action::call_cancel, path.substr(async_prefix.size()), status);
    const auto found = find_route(asked.method(), path);
    if (found.route != nullptr && found.route->action)
        tell_audit(tell, asked, request.by, *found.route->action, found.name, status);
}

void front_state::log(const front_request& request, int status) {
    const auto& asked = request.asked;
    const auto took = std::chrono::steady_clock::now() - request.began;
    if (asked.path().starts_with(system_prefix))
        metrics.answered(asked.method(), asked.path(), status == 0 ? http::status::caller_gone : status, took);
    if (!accesses) return;
    const auto function = request.head ? function_in(asked.method(), asked.path()) : std::string();
    access_record one;
    one.time = request.time;
    one.peer = request.peer;
    one.method = asked.method();
    one.path = asked.path();
    one.status = status;
    one.bytes_in = asked.received();
    one.bytes_out = asked.sent();
    one.duration = took;
    one.call_id = request.head ? std::string_view(request.head->call_id())
                               : asked.header(functions::call_headers::call_id).value_or("");
    one.function = function;
    one.user_agent = asked.header("User-Agent").value_or("");
    one.user = request.by.who;
    accesses->add(one);
}

void front_state::log(const http::refused_request& refused) {
    metrics.refused(refused.status);
    if (!accesses) return;
    const auto function = function_in(refused.method, refused.path);
    access_record one;
    one.time = std::chrono::system_clock::now();
    one.peer = refused.peer;
    one.method = refused.method;
    one.path = refused.path;
    one.status = refused.status;
    one.bytes_in = refused.received;
    one.bytes_out = refused.sent;
    one.call_id = header_in(refused.headers, functions::call_headers::call_id).value_or("");
    one.function = function;
    one.user_agent = header_in(refused.headers, "User-Agent").value_or("");
    one.reason = refused.why;
    accesses->add(one);
}

asio::awaitable<std::string> front_state::metrics_text() {
    scrape_numbers more;
    more.version = opts.version;
    if (connections) more.open_connections = connections();
    if (in_flight) more.requests_in_flight = in_flight();
    if (accesses) more.log_lines_dropped = accesses->dropped();
    more.reconnects = connection.stats().reconnects;
    if (functions != nullptr) {
        auto seen = functions->measure();
        more.node_reconnects = functions->node_reconnects();
        if (is_away(connection)) co_return metrics.text(more);  // what is known here can be told all the same
        try {
            more.queues = co_await functions->queues(std::move(seen));
        } catch (const boost::system::system_error&) {
            more.queues.clear();
        }
    }
    co_return metrics.text(more);
}

}  // namespace mote::gateway::detail
