#pragma once

#include <apps/mote/server_access.hpp>

#include <mote/functions/bundle_store.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace mote::command {

/// Packs a directory and keeps it under a name, for all nodes. Throws `failure`.
boost::asio::awaitable<functions::stored_bundle> push_bundle(server_access access, std::string name,
                                                             std::string directory);
/// All names. Throws `failure`.
boost::asio::awaitable<std::vector<functions::stored_bundle>> pushed_bundles(server_access access);

}  // namespace mote::command
