#pragma once

#include <mote/jetstream/ordered_consumer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::jetstream::detail {

/// What follows the prefix in the subject that a consumer is asked for at. Servers before 2.10 want to see the filter there.
std::string consumer_create_verb(const std::string& stream, const std::string& name,
                                 const std::vector<std::string>& filter_subjects);

/// The request for an ordered consumer that delivers to `inbox`: behind the message `resumed` or, when that is nothing,
/// from where `opts` says.
std::string ordered_consumer_json(const std::string& stream, const std::string& name, const std::string& inbox,
                                  const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed);

}  // namespace mote::jetstream::detail
