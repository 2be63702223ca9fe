#include <mote/micro/client.hpp>

#include <mote/micro/deadline.hpp>
#include <mote/micro/detail/client_state.hpp>
#include <mote/micro/detail/error_headers.hpp>

#include <boost/system/system_error.hpp>
#include <charconv>
#include <string_view>
#include <utility>

namespace mote::micro {
namespace {

namespace asio = boost::asio;

constexpr int unknown_status = 500;

int status_of(std::string_view code) {
    int status = 0;
    const auto* const end = code.data() + code.size();
    const auto [stopped_at, failed] = std::from_chars(code.data(), end, status);
    const bool usable = failed == std::errc() && stopped_at == end && status >= 100 && status <= 999;
    return usable ? status : unknown_status;
}

/// With its span, where the client makes one.
template <class Result>
asio::awaitable<Result> with_span(std::optional<detail::client_span> made, asio::awaitable<Result> asked) {
    return made ? detail::traced(std::move(*made), std::move(asked)) : std::move(asked);
}

/// The connection is a parameter so that it lives until the reply is here.
asio::awaitable<nats::message> checked(nats::connection /*kept*/, asio::awaitable<nats::message> asked) {
    auto reply = co_await std::move(asked);
    if (auto failed = error_in(reply.view())) throw std::move(*failed);
    co_return reply;
}

}  // namespace

std::optional<service_error> error_in(const nats::message_view& reply) {
    const auto description = reply.headers.get(detail::error_header);
    const auto code = reply.headers.get(detail::error_code_header);
    if (!description && !code) return std::nullopt;
    const bool told = description && !description->empty();
    return service_error(status_of(code.value_or("")), std::string(told ? *description : "no description"),
                         std::string(reply.payload));
}

asio::awaitable<nats::message> call(nats::connection connection, std::string subject, std::string payload,
                                    nats::request_options opts) {
    if (connection.server().headers && !opts.headers.get(deadline_header))
        add_deadline(opts.headers, opts.timeout.count() > 0 ? opts.timeout : connection.request_timeout());
    auto asked = connection.request(subject, payload, opts);
    return checked(std::move(connection), std::move(asked));
}

client::client(nats::connection connection, client_options opts)
    : state_(std::make_shared<detail::client_state>(std::move(connection), opts)) {}

asio::awaitable<nats::message> client::call(std::string service, std::string endpoint, std::string payload,
                                            call_options opts) const {
    auto made = state_->open_span({service, endpoint, opts.subject, payload.size()}, opts.headers);
    auto asked = detail::client_state::call(state_, std::move(service), std::move(endpoint), std::move(payload),
                                            std::move(opts));
    return with_span(std::move(made), std::move(asked));
}

asio::awaitable<nats::message> client::call_subject(std::string subject, std::string payload, call_options opts) const {
    auto made = state_->open_span({{}, {}, subject, payload.size()}, opts.headers);
    auto asked = detail::client_state::call_subject(state_, std::move(subject), std::move(payload), std::move(opts));
    return with_span(std::move(made), std::move(asked));
}

asio::awaitable<reply_reader> client::read_stream(std::string service, std::string endpoint, std::string payload,
                                                  stream_options opts) const {
    return detail::client_state::read_stream(state_, std::move(service), std::move(endpoint), std::move(payload),
                                             std::move(opts));
}

asio::awaitable<std::vector<instance_reply<nats::message>>> client::call_all(std::string service, std::string endpoint,
                                                                             std::string payload,
                                                                             gather_options opts) const {
    auto made = state_->open_span({service, endpoint, {}, payload.size()}, opts.headers);
    auto asked = detail::client_state::call_all(state_, std::move(service), std::move(endpoint), std::move(payload),
                                                std::move(opts));
    return with_span(std::move(made), std::move(asked));
}

}  // namespace mote::micro
