#pragma once

#include <apps/mote/data/commands.hpp>
#include <apps/mote/loop.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/kv/entry.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace mote::command {

// Each does one action of `mote kv`.
boost::asio::awaitable<exit_code> list_buckets(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> list_keys(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> get_value(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> show_history(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> put_value(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> delete_key(kv_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> watch_keys(kv_command chosen, jetstream::context js);

/// `put`, `del` or `purge`
std::string operation_name(kv::operation operation);
/// bucket, key, operation, revision, created, and of a value data or data_base64.
boost::json::object entry_json(const kv::entry& entry);

}  // namespace mote::command
