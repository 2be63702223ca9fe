#pragma once

#include <mote/functions/watchdog_settings.hpp>

/// How a node runs a function: the words for it are those of `mote::functions`, as a gateway refuses what could not start.
namespace mote::node {

using functions::parse_timeout;
using functions::parse_upstream_address;
using functions::read_watchdog_settings;
using functions::run_mode;
using functions::to_string;
using functions::upstream_address;
using functions::variables;
using functions::watchdog_settings;

}  // namespace mote::node
