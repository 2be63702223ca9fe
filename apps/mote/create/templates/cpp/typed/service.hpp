#pragma once

#include <mote/micro.hpp>

#include <boost/describe.hpp>
#include <optional>
#include <string>

/// What is asked, as JSON. A member that is not optional has to be there; what does not fit is answered 400, with its place.
struct person {
    std::string name;
    std::optional<int> born;  ///< the year
};
BOOST_DESCRIBE_STRUCT(person, (), (name, born))

/// What is answered.
struct greeting {
    std::string text;
    std::optional<int> century;
};
BOOST_DESCRIBE_STRUCT(greeting, (), (text, century))

/// The service, not yet started. Its INFO has the JSON Schemas of both.
mote::service make_service();

greeting greet(const person& whom);
