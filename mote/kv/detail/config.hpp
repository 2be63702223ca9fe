#pragma once

#include <mote/kv/bucket.hpp>

#include <string>

namespace mote::kv::detail {

/// Throws `errc::bad_bucket`, `errc::bad_config`.
void check_config(const bucket_config& config);

/// The stream that other clients make for the same bucket (ADR-8): sets in `stream` what the configuration says, and leaves
/// the rest.
void apply(const bucket_config& config, jetstream::stream_config& stream);

/// The first difference that a user of the bucket would notice, or nothing.
std::string difference(const jetstream::stream_config& is, const jetstream::stream_config& asked);

bucket_status status_of(const jetstream::stream_info& info);

}  // namespace mote::kv::detail
