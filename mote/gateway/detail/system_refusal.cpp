#include <mote/gateway/detail/system_refusal.hpp>

#include <mote/functions/error.hpp>
#include <mote/gateway/detail/answers.hpp>
#include <mote/http/status.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/kv/error.hpp>
#include <mote/nats/error.hpp>
#include <mote/objects/error.hpp>

#include <boost/asio/error.hpp>

namespace mote::gateway::detail {
namespace {

// Of the server: what a stream could not store, what the account may not store.
constexpr int stream_store_failed = 10077;
constexpr int storage_exceeded = 10047;
constexpr int account_exceeded = 10002;

int status_of(functions::errc code) {
    using functions::errc;
    switch (code) {
        case errc::function_not_found:
        case errc::namespace_not_found:
        case errc::secret_not_found:
        case errc::bundle_not_found: return http::status::not_found;
        case errc::function_exists:
        case errc::namespace_exists:
        case errc::secret_exists:
        case errc::namespace_not_empty:
        case errc::call_id_taken:
        case errc::wrong_revision: return http::status::conflict;
        case errc::secret_too_large:
        case errc::call_too_large: return http::status::content_too_large;
        case errc::queue_full:
        case errc::no_sealing_key: return http::status::service_unavailable;
        case errc::bad_call:
        case errc::bad_callback:
        case errc::bad_name:
        case errc::bad_description:
        case errc::bad_setting:
        case errc::bad_bundle: return http::status::bad_request;
        default: return http::status::internal_server_error;
    }
}

http::response refusal_of(functions::errc code, const boost::system::system_error& failed) {
    const auto detail = functions::detail_of(failed);
    const auto words = failed.code().message();
    const int status = status_of(code);
    // Where the text alone, such as a name, does not say what is the matter.
    const bool needs_words = status == http::status::not_found || status == http::status::conflict ||
                             status == http::status::service_unavailable;
    const auto text = needs_words && detail != words ? words + ": " + detail : detail;
    if (status == http::status::service_unavailable) return unavailable(text);
    return text_answer(status, text);
}

http::response refusal_of(const jetstream::server_error& failed) {
    const bool no_room = failed.err_code() == stream_store_failed || failed.err_code() == storage_exceeded ||
                         failed.err_code() == account_exceeded ||
                         failed.code() == jetstream::errc::insufficient_resources;
    if (no_room) return unavailable("the NATS server has no room left for it: " + failed.description());
    if (failed.status() >= http::status::internal_server_error)
        return unavailable("JetStream: " + failed.description());
    return text_answer(http::status::internal_server_error, "JetStream: " + failed.description());
}

}  // namespace

http::response refusal_of(const boost::system::system_error& failed) {
    const auto& code = failed.code();
    if (code.category() == functions::functions_category())
        return refusal_of(static_cast<functions::errc>(code.value()), failed);
    if (code == jetstream::errc::not_enabled) return unavailable("the NATS server has no JetStream");
    if (const auto* const told = dynamic_cast<const jetstream::server_error*>(&failed)) return refusal_of(*told);
    if (code == jetstream::errc::no_stream_response || code == jetstream::errc::stream_not_found ||
        code == kv::errc::bucket_not_found)
        return unavailable("what the gateway keeps is not there (yet): " + code.message());
    if (code == kv::errc::wrong_revision)
        return text_answer(http::status::conflict, "changed by somebody else meanwhile");
    if (code == nats::errc::max_payload_exceeded)
        return text_answer(http::status::content_too_large, "more than the NATS server's max_payload");
    // Newer servers say nothing to what their disk has no room for.
    if (code == nats::errc::timeout)
        return unavailable("the NATS server did not answer in time; it is busy, or its disk may be full");
    if (code == nats::errc::permission_denied)
        return text_answer(http::status::internal_server_error, "the NATS server does not let the gateway do that");
    if (code == objects::errc::store_not_found || code == objects::errc::object_not_found)
        return unavailable("the bundles are not there (yet): " + code.message());
    if (code.category() == nats::nats_category()) return unavailable("the NATS server is away: " + code.message());
    throw;
}

}  // namespace mote::gateway::detail
