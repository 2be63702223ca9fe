#include <mote/gateway/gateway.hpp>

#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/cancel_unless_done.hpp>
#include <mote/gateway/detail/function_by_service.hpp>
#include <mote/gateway/detail/listing.hpp>
#include <mote/gateway/detail/service_table.hpp>
#include <mote/gateway/detail/translate.hpp>

#include <mote/http/status.hpp>
#include <mote/micro/cancel.hpp>
#include <mote/micro/deadline.hpp>
#include <mote/micro/fetch_schemas.hpp>
#include <mote/micro/openapi.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <span>

namespace mote::gateway {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::string_view service_prefix = "/service/";
constexpr std::array<std::string_view, 1> login_header{"Authorization"};

using detail::endpoint_pointer;

void answer_text(http::exchange& asked, int status, const std::string& text) {
    asked.respond(detail::text_answer(status, text));
}

void answer_not_this_method(http::exchange& asked, const std::string& text, const std::string& allowed) {
    auto answer = detail::text_answer(http::status::method_not_allowed, text);
    answer.headers.emplace_back("Allow", allowed);
    asked.respond(answer);
}

/// One request on its way to one endpoint.
struct call {
    nats::connection connection;
    endpoint_pointer endpoint;
    std::string payload;
    nats::headers headers;
    clock::time_point deadline;

    std::chrono::nanoseconds left() const {
        return std::max<std::chrono::nanoseconds>(deadline - clock::now(), std::chrono::nanoseconds(1));
    }
};

asio::awaitable<nats::message> ask(const call& made) {
    nats::request_options opts;
    opts.timeout = made.left();
    opts.headers = made.headers;
    return made.connection.request(made.endpoint->subject, made.payload, opts);
}

void answer_reply(http::exchange& asked, const call& made, const nats::message& reply) {
    const auto type = micro::metadata_value(made.endpoint->metadata, "mote.response.type");
    try {
        asked.respond(detail::response_of(reply, type));
    } catch (const std::invalid_argument& bad) {
        answer_text(asked, http::status::bad_gateway,
                    std::string("the service's answer is none of HTTP: ") + bad.what());
    }
}

/// An answer of many messages, each a line (NDJSON where they are JSON).
asio::awaitable<void> stream_answer(http::exchange& asked, const call& made) {
    micro::stream_options opts;
    opts.headers = made.headers;
    opts.deadline = made.deadline;
    opts.timeout = made.left();
    auto items = micro::read_stream(made.connection, made.endpoint->subject, made.payload, opts);
    bool started = false;
    for (;;) {
        std::optional<nats::message> item;
        try {
            item = co_await items.next();
        } catch (const micro::service_error& error) {
            if (started) throw;  // cuts the connection: nobody takes half of it for the whole
            co_return answer_text(asked, detail::status_of_error(error.status()), error.description());
        }
        if (!started) {
            const auto type = micro::metadata_value(made.endpoint->metadata, "mote.response.type");
            const bool is_json = type.empty() || type.starts_with("application/json");
            http::header_list headers{{"Content-Type", is_json ? "application/x-ndjson" : type}};
            asked.start(200, headers);
            started = true;
        }
        if (!item) co_return;
        const auto line = std::string(item->payload()) + "\n";
        co_await asked.write(line);
    }
}

/// Told, and no answer awaited: of work the stream says that it has kept it.
asio::awaitable<void> tell(http::exchange& asked, const call& made) {
    if (made.endpoint->kind != "work") {
        made.connection.publish(made.endpoint->subject, made.payload, made.headers);
        co_return answer_text(asked, http::status::accepted, "told");
    }
    const auto kept = co_await ask(made);
    if (!detail::says_kept(kept.payload()))
        co_return asked.respond(detail::unavailable("the work queue did not take it: " + std::string(kept.payload())));
    asked.respond(http::status::accepted, {{"Content-Type", "application/json"}}, kept.payload());
}

/// Of the first message of a stream of replies that does not begin with an error.
bool is_of_stream(const nats::message& reply) {
    const auto headers = reply.headers();
    return (headers.get("Mote-Stream-Seq") || headers.get("Mote-Stream-End")) && !headers.get("Nats-Service-Error");
}

/// Whether the service still sends: a stream, though its metadata says nothing of one.
asio::awaitable<bool> answer(http::exchange& asked, const call& made) {
    const auto& metadata = made.endpoint->metadata;
    if (micro::metadata_value(metadata, "mote.reply") == "stream") {
        co_await stream_answer(asked, made);
        co_return false;
    }
    if (micro::metadata_value(metadata, "function.reply") == "stream") {
        co_await detail::answer_as_function(asked, made.connection, made.endpoint->subject, made.payload, made.headers,
                                            made.deadline);
        co_return false;
    }
    const auto reply = co_await ask(made);
    const bool streams = is_of_stream(reply);
    if (streams)
        answer_text(
            asked, http::status::bad_gateway,
            "the service answers with a stream, and the metadata of its endpoint does not say so: mote.reply=stream");
    else
        answer_reply(asked, made, reply);
    co_return streams;
}

/// The service hears of a client that goes before its answer is there.
asio::awaitable<void> answer_cancellably(http::exchange& asked, call made) {
    auto token = nats::next_nuid();
    made.headers.add(micro::cancel_token_header, token);
    detail::cancel_unless_done watch(made.connection, std::move(token));
    bool still_sends = false;
    try {
        still_sends = co_await answer(asked, made);
    } catch (const boost::system::system_error& error) {
        // That the time is over the service knows by its deadline.
        if (error.code() != asio::error::operation_aborted) watch.done();
        throw;
    }
    if (!still_sends) watch.done();
}

asio::awaitable<void> carry_out(http::exchange& asked, call made) {
    const auto connection = made.connection;
    try {
        if (made.endpoint->kind == "event" || made.endpoint->kind == "work")
            co_await tell(asked, made);
        else
            co_await answer_cancellably(asked, std::move(made));
    } catch (const boost::system::system_error& error) {
        if (asked.status() == 0) co_return asked.respond(detail::unanswered(error, connection));
        if (asked.gone()) throw;
        throw detail::broken_answer(http::status::bad_gateway, error.what());  // a stream, of which a part was sent
    }
}

/// `<service>/<endpoint>` of a path below /service/.
std::pair<std::string, std::string> names_in(std::string_view path) {
    path.remove_prefix(service_prefix.size());
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return {std::string(path), {}};
    return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace

gateway::gateway(nats::connection connection, gateway_options opts)
    : connection_(std::move(connection)),
      opts_(std::move(opts)),
      services_(std::make_unique<detail::service_table>(connection_, opts_)) {}

gateway::~gateway() = default;

asio::awaitable<void> gateway::stop() { return services_->stop(); }

std::size_t gateway::instances() const { return services_->instances(); }
std::size_t gateway::routes() const { return services_->routes(); }

bool gateway::has_route(std::string_view method, std::string_view path) const {
    std::string ignored;
    return services_->match(method, path, ignored).has_value();
}

bool gateway::serves(std::string_view subject) const { return services_->serves(subject); }

asio::awaitable<std::string> gateway::openapi(own_requests taken) const {
    const auto found = co_await micro::fetch_schemas(connection_, services_->exposed());
    micro::openapi_options opts;
    opts.taken = taken != nullptr ? taken : is_of_gateway;
    auto text = micro::openapi(found.services, opts).text;
    co_return text;
}

bool gateway::answer_health(http::exchange& asked) const {
    const auto method = asked.method();
    if (asked.path() != "/healthz" || (method != "GET" && method != "HEAD")) return false;
    if (connection_.status() == nats::connection_status::connected)
        answer_text(asked, 200, "ok");
    else
        answer_text(asked, http::status::service_unavailable, "the NATS server is away");
    return true;
}

asio::awaitable<void> gateway::handle(http::exchange& asked, bool pass_credentials) {
    const auto method = asked.method();
    const auto path = asked.path();
    const bool reads = method == "GET" || method == "HEAD";
    if (answer_health(asked)) co_return;
    if (path == "/services" && reads) {
        const auto text = co_await detail::listing(connection_, services_->exposed());
        co_return asked.respond(detail::json_answer(200, text));
    }
    if (path == "/openapi.json" && reads) {
        const auto text = co_await openapi();
        co_return asked.respond(detail::json_answer(200, text));
    }

    endpoint_pointer endpoint;
    detail::route_values values;
    if (path.starts_with(service_prefix)) {
        auto [service, name] = names_in(path);
        endpoint = co_await services_->find(service, name);
        if (endpoint == nullptr && detail::is_away(connection_)) co_return asked.respond(detail::server_is_away());
        if (endpoint == nullptr)
            throw http::status_error(http::status::not_found,
                                     "no service and endpoint of that name, or not exposed to HTTP");
        const bool may_read = micro::metadata_value(endpoint->metadata, "http.method") == "GET";
        if (method != "POST" && !(reads && may_read))
            co_return answer_not_this_method(asked, "ask it with POST", may_read ? "GET, HEAD, POST" : "POST");
    } else {
        std::string allowed;
        auto found = services_->match(method, path, allowed);
        if (!found && !allowed.empty()) co_return answer_not_this_method(asked, "not this method", allowed);
        if (!found) throw http::status_error(http::status::not_found, "nothing is here");
        endpoint = std::move(found->endpoint);
        values = std::move(found->values);
    }
    if (endpoint->subject.find_first_of("*>") != std::string::npos)
        throw http::status_error(http::status::not_found,
                                 "the endpoint's subject has wildcards, which a path cannot fill");

    const auto without = std::span(login_header).first(pass_credentials ? 0 : login_header.size());
    call made{connection_, endpoint, {}, detail::request_headers(asked, asked.path(), without), {}};
    const auto wanted = detail::asked_timeout(asked);
    const auto timeout = wanted ? std::min(*wanted, opts_.timeout) : opts_.timeout;
    made.deadline = clock::now() + timeout;
    const auto most = connection_.server().max_payload;
    if (asked.content_length().value_or(0) > most)
        throw http::status_error(http::status::content_too_large,
                                 "the body is over the NATS server's max_payload of " + std::to_string(most));
    const auto body = co_await asked.read_body(most);
    const bool has_body = !body.empty() || (method == "POST" && values.empty() && asked.query().empty());
    made.payload = has_body ? std::string(body) : detail::payload_of(*endpoint, values, asked.query());
    micro::add_deadline(made.headers, made.left());
    co_await carry_out(asked, std::move(made));
}

}  // namespace mote::gateway
