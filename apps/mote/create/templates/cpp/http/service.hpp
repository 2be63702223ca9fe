#pragma once

#include <mote/micro.hpp>

#include <boost/describe.hpp>
#include <string>

/// What is asked: of the path, by HTTP; as JSON, by NATS.
struct person {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(person, (), (name))

/// What is answered, as JSON.
struct greeting {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(greeting, (), (text))

/// The service, not yet started.
mote::service make_service();
