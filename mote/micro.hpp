#pragma once

// What most programs include: services from an empty file to running.

#include <mote/micro/request.hpp>
#include <mote/micro/run.hpp>
#include <mote/micro/service.hpp>
#include <mote/micro/service_error.hpp>

namespace mote {

using micro::event;
using micro::request;
using micro::run;
using micro::service;
using micro::service_error;

}  // namespace mote
