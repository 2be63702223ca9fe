#pragma once

#include <mote/micro.hpp>

#include <boost/describe.hpp>
#include <functional>
#include <string>

/// A piece of work, as JSON.
struct letter {
    std::string to;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(letter, (), (to, text))

/// Does the work: prints the letter. What it throws is tried again.
void deliver(const letter& each);

/// The service, not yet started. Letters that are published to `@NAME@.send` are kept in the stream `@NAME@_send` until
/// `work` has done them: at least once, so it should do no harm to do one twice.
mote::service make_service(std::function<void(const letter&)> work = deliver);
