#pragma once

#include <mote/jetstream/context.hpp>

#include <string_view>

namespace mote::jetstream::detail {

/// Throws `errc::not_supported` for options that the server would skip, `errc::bad_config` for ones that it cannot take.
void check_publish(const context& js, const publish_options& opts);

/// What goes on the wire of the options.
nats::headers headers_of(const publish_options& opts);

/// Reads what a stream answers. Throws server_error for a refusal, `errc::bad_reply` for anything else.
publish_ack parse_ack(std::string_view payload);

}  // namespace mote::jetstream::detail
