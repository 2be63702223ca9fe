#include <apps/mote/data/jetstream_access.hpp>

#include <apps/mote/text.hpp>

#include <mote/jetstream/error.hpp>
#include <mote/kv/error.hpp>
#include <mote/nats/error.hpp>
#include <mote/objects/error.hpp>

#include <string>

namespace mote::command {

void explain_data_error(const boost::system::system_error& error, const nats::connection& connection) {
    const auto code = error.code();
    const std::string reason = plain_reason(error.what());
    if (code == jetstream::errc::not_enabled)
        throw failure(exit_code::error, "no JetStream on " + connection.connected_server() +
                                            ", or not for this account, and so no buckets and no objects; `mote up` "
                                            "starts a server with it");
    if (code == kv::errc::bad_bucket || code == kv::errc::bad_key || code == objects::errc::bad_store ||
        code == objects::errc::bad_name)
        throw failure(exit_code::usage, reason);
    if (code == nats::errc::max_payload_exceeded)
        throw failure(exit_code::error, reason + "; what is larger than a message is an object: `mote obj put`");
    if (code == jetstream::errc::stream_sealed) throw failure(exit_code::not_allowed, reason);
    throw error;
}

}  // namespace mote::command
