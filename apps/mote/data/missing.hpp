#pragma once

#include <apps/mote/exit_code.hpp>

#include <mote/kv/bucket.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace mote::command {

/// Opens a bucket. Throws `failure` (not found) for one that is not there, with the names that are like it.
boost::asio::awaitable<kv::bucket> open_bucket(jetstream::context js, std::string name);
/// The same for a store of objects.
boost::asio::awaitable<objects::store> open_store(jetstream::context js, std::string name);

/// The `failure` for a key that is not there, with those that are like it.
boost::asio::awaitable<failure> no_such_key(kv::bucket bucket, std::string key);
/// The same for an object.
boost::asio::awaitable<failure> no_such_object(objects::store store, std::string name);

}  // namespace mote::command
