#include <mote/jetstream/error.hpp>

namespace mote::jetstream {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.jetstream"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::not_enabled: return "JetStream is not enabled";
            case errc::stream_not_found: return "stream not found";
            case errc::stream_exists: return "stream exists with another configuration";
            case errc::consumer_not_found: return "consumer not found";
            case errc::message_not_found: return "message not found";
            case errc::wrong_last_sequence: return "wrong last sequence";
            case errc::no_stream_response: return "no response from a stream";
            case errc::bad_request: return "bad request";
            case errc::insufficient_resources: return "insufficient resources";
            case errc::api_error: return "JetStream API error";
            case errc::bad_reply: return "reply not understood";
            case errc::bad_config: return "invalid configuration";
            case errc::not_supported: return "not supported by the server";
            case errc::message_ttl_disabled: return "the stream does not allow messages with a TTL";
            case errc::stream_sealed: return "the stream is sealed";
            case errc::no_heartbeat: return "no heartbeat of the consumer";
            case errc::pull_ended: return "pull request ended by the server";
            case errc::not_allowed: return "the stream does not allow it";
            case errc::batch_incomplete: return "the batch is incomplete";
            case errc::consumer_exists: return "consumer exists with another configuration";
            case errc::message_ttl_invalid: return "the TTL of the message is invalid";
            case errc::consumer_refused: return "the consumer cannot be made or changed so";
        }
        return "unknown error";
    }
};

std::string server_text(int err_code, const std::string& description) {
    return description + " (err_code " + std::to_string(err_code) + ")";
}

}  // namespace

const boost::system::error_category& jetstream_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), jetstream_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

server_error::server_error(errc code, int status, int err_code, const std::string& description)
    : boost::system::system_error(code, server_text(err_code, description)),
      status_(status),
      err_code_(err_code),
      description_(description) {}

}  // namespace mote::jetstream
