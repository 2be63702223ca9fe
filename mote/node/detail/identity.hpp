#pragma once

#include <mote/functions/description.hpp>
#include <mote/node/node.hpp>

#include <filesystem>
#include <string>

namespace mote::node::detail {

/// Of this machine.
std::string host_name();

/// Which node it is: what the options say, else what the directory has kept since the first start; made up for a new one.
/// Throws `functions::errc::bad_setting` for one that is no id, `boost::system::system_error` where it cannot be kept.
std::string identify(const node_options& opts);

/// What constraints are compared with: the labels of the options, and `node.id`, `node.hostname`, `node.platform.os` and
/// `node.platform.arch`. Throws `functions::errc::bad_setting` for one that may not be.
functions::text_map labels_of(const node_options& opts, const std::string& id);

}  // namespace mote::node::detail
