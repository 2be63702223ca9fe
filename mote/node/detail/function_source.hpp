#pragma once

#include <mote/functions/built_in.hpp>
#include <mote/node/detail/node_parts.hpp>
#include <mote/node/watchdog_settings.hpp>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

namespace mote::node::detail {

/// What a function is made from, on this machine: its bundle, or what is built in, and its variables.
struct function_source {
    std::shared_ptr<const functions::cached_bundle> bundle{};  // null for a built-in one
    std::optional<functions::built_in_kind> built_in{};
    variables all{};  // the bundle's, under the deployment's and its `fprocess`
};

/// Fetches the bundle where it is not here. Throws what `functions::bundle_cache::fetch` throws.
boost::asio::awaitable<function_source> find_source(std::shared_ptr<node_parts> parts, functions::description what);

}  // namespace mote::node::detail
