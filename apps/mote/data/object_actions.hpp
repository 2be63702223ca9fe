#pragma once

#include <apps/mote/data/commands.hpp>
#include <apps/mote/loop.hpp>

#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace mote::command {

// Each does one action of `mote obj`.
boost::asio::awaitable<exit_code> list_stores(object_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> list_objects(object_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> show_object(object_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> delete_object(object_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> get_object(object_command chosen, jetstream::context js);
boost::asio::awaitable<exit_code> put_object(object_command chosen, loop* running, jetstream::context js);

/// All that a store tells of an object, for people or as a JSON object.
void print_object(const object_command& chosen, const objects::object_info& object);

}  // namespace mote::command
