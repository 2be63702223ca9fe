#pragma once

// What most programs include: services from an empty file to running.

#include <mote/micro/middleware.hpp>
#include <mote/micro/request.hpp>
#include <mote/micro/run.hpp>
#include <mote/micro/service.hpp>
#include <mote/micro/service_error.hpp>

namespace mote {

using micro::after;
using micro::before;
using micro::event;
using micro::give_up;
using micro::middleware;
using micro::next;
using micro::outcome;
using micro::request;
using micro::retry_later;
using micro::run;
using micro::service;
using micro::service_error;

}  // namespace mote
