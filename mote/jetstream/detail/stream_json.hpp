#pragma once

#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/stream.hpp>

#include <boost/json/object.hpp>

namespace mote::jetstream::detail {

/// What STREAM.CREATE takes. Members that not all servers know are there only when they are set.
boost::json::object to_json(const stream_config& config);

/// Puts `config` over a configuration that the server sent, for STREAM.UPDATE: what stream_config does not model stays.
/// No subjects, no duplicate window and no first sequence mean those that it has.
void overlay(boost::json::object& current, const stream_config& config);

/// Reads `{"config":{...},"state":{...},"created":"..."}`. Throws `errc::bad_reply`.
stream_info parse_stream_info(const boost::json::object& reply);

/// Reads what streams and consumers say of the servers that keep them.
cluster_info parse_cluster(const json_reader& from);

}  // namespace mote::jetstream::detail
