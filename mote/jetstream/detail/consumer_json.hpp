#pragma once

#include <mote/jetstream/consumer.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/ordered_consumer.hpp>

#include <boost/json/object.hpp>
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

/// The configuration of a consumer that is new. Members that not all servers know are there only when they are set.
boost::json::object to_json(const consumer_config& config);

/// Puts `config` over a configuration that the server sent: what consumer_config does not model stays, and so does what
/// has the server's default in it.
void overlay(boost::json::object& current, const consumer_config& config);

/// The request that makes or changes a consumer. `action`: `create`, `update`, or empty for either.
std::string consumer_create_body(const std::string& stream, boost::json::object config, const std::string& action = {});

/// Reads what CONSUMER.CREATE and CONSUMER.INFO answer. Throws `errc::bad_reply`.
consumer_info parse_consumer_info(const boost::json::object& reply);

/// Reads what CONSUMER.PAUSE answers, and that part of a consumer's information.
pause_state parse_pause(const boost::json::object& reply);

}  // namespace mote::jetstream::detail
