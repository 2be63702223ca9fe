#pragma once

// What most programs include: services from an empty file to running, and calls of others' services.

#include <mote/micro/client.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/middleware.hpp>
#include <mote/micro/request.hpp>
#include <mote/micro/run.hpp>
#include <mote/micro/service.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/micro/stream.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/micro/typed_client.hpp>

namespace mote {

// What serves.
using micro::after;
using micro::before;
using micro::event;
using micro::give_up;
using micro::middleware;
using micro::next;
using micro::outcome;
using micro::reply_stream;
using micro::request;
using micro::retry_later;
using micro::run;
using micro::service;
using micro::service_config;
using micro::service_error;
using micro::stream_context;

// What calls.
using micro::call_options;
using micro::client;
using micro::discovery;
using micro::gather_options;
using micro::read_stream;
using micro::stream_options;

}  // namespace mote
