#pragma once

#include <mote/micro.hpp>

/// The service, not yet started.
mote::service make_service();
