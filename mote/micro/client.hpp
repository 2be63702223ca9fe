#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/found_service.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro {

namespace detail {
class client_state;
}

/// The error that a reply carries in its `Nats-Service-Error` headers (ADR-32); nothing when it carries none. A code
/// that is no number from 100 to 999 becomes 500, as the text is what counts; no text becomes `no description`.
std::optional<service_error> error_in(const nats::message_view& reply);

/// Asks an endpoint at once and returns its reply. How long it waits, the `timeout` of the options or that of the connection, is
/// told to the service (`Mote-Deadline-Ms`), unless their headers have a deadline. Throws `service_error` when the reply carries one, else what
/// `nats::connection::request` throws (`no_responders` at once, `timeout`). The executor of the connection.
boost::asio::awaitable<nats::message> call(nats::connection connection, std::string subject, std::string payload,
                                           nats::request_options opts = nats::request_options());

/// Calls services by name, whoever wrote them: it asks the service (`$SRV.INFO`) for the endpoint's subject, remembers
/// that, and looks again when it is old or when nobody is there any more.
///
///     const mote::micro::client client(connection);
///     const auto reply = co_await client.call("HackerNews", "top", "10");
///     const auto posts = co_await client.call<std::vector<post>>("HackerNews", "top", query);  // typed_client.hpp
///
/// A handle: copies share what is known. All members are to be called on the executor of the connection, and the last
/// copy is to be destroyed there; calls that are going on then end as usual. Each call tells the service how long it
/// will wait (`Mote-Deadline-Ms`).
class client {
public:
    explicit client(nats::connection connection, client_options opts = client_options());

    /// Asks one instance, the one that the server picks unless the options say otherwise. A question that nobody got is
    /// asked once more when a fresh look shows another subject or instance. Throws
    /// `errc::not_found` (no such service or endpoint), `errc::no_matching_version`, `errc::not_addressable`,
    /// `errc::needs_subject`, `errc::bad_call`, `errc::bad_name`; the `service_error` that the service answered;
    /// `nats::errc::no_responders`, `nats::errc::timeout`, `nats::errc::disconnected` when the server is away during a
    /// lookup, and what `nats::connection::request` throws else.
    boost::asio::awaitable<nats::message> call(std::string service, std::string endpoint, std::string payload,
                                               call_options opts = call_options()) const;
    /// The same with what the codecs of both types make of it. Throws also `errc::undecodable_reply` with service,
    /// endpoint and the place in the reply. Include <mote/micro/typed_client.hpp>.
    template <class Reply, class Request>
    boost::asio::awaitable<Reply> call(std::string service, std::string endpoint, Request request,
                                       call_options opts = call_options()) const;

    /// Asks whoever listens on a subject; no lookup. Options that need one (`instance`, `version`, `subject`, a hedge
    /// without a delay) throw `errc::bad_call`.
    boost::asio::awaitable<nats::message> call_subject(std::string subject, std::string payload,
                                                       call_options opts = call_options()) const;
    /// The same with codecs, as `call`.
    template <class Reply, class Request>
    boost::asio::awaitable<Reply> call_subject(std::string subject, Request request,
                                               call_options opts = call_options()) const;

    /// Asks one instance, the one that the server picks, and returns what reads its replies (stream_reader.hpp). The lookup
    /// takes no longer than the options let one item take; it throws as that of `call`. When nobody is there any more,
    /// `reply_reader::next` says so; nothing is asked twice.
    boost::asio::awaitable<reply_reader> read_stream(std::string service, std::string endpoint, std::string payload,
                                                     stream_options opts = stream_options()) const;
    /// The same with codecs: `auto posts = co_await client.read_stream<post>("HackerNews", "posts", query);`
    template <class Item, class Request>
    boost::asio::awaitable<typed_reader<Item>> read_stream(std::string service, std::string endpoint, Request request,
                                                           stream_options opts = stream_options()) const;

    /// Asks every instance and returns one entry for each that is there, in the order in which they were found: its reply,
    /// or why there is none (`service_error`, `nats::errc::no_responders`, `nats::errc::timeout`, `errc::not_awaited`,
    /// `errc::not_addressable`, `errc::not_found` for an instance without that endpoint). Instances that advertise a
    /// direct subject are asked there. Others can be asked only together, by an endpoint without a queue group: then
    /// the replies do not tell whose they are, and their entries have no id. Throws `errc::not_found`,
    /// `errc::no_matching_version`, `errc::bad_name`, and what `nats::connection::publish` throws.
    boost::asio::awaitable<std::vector<instance_reply<nats::message>>> call_all(
        std::string service, std::string endpoint, std::string payload, gather_options opts = gather_options()) const;
    /// The same with codecs; a reply that does not decode is an entry with `errc::undecodable_reply`.
    template <class Reply, class Request>
    boost::asio::awaitable<std::vector<instance_reply<Reply>>> call_all(std::string service, std::string endpoint,
                                                                        Request request,
                                                                        gather_options opts = gather_options()) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

}  // namespace mote::micro
