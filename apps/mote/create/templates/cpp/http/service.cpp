#include "service.hpp"

namespace {

greeting greet(const person& whom) {
    if (whom.name == "nobody") throw mote::service_error{404, "nobody is there"};
    greeting made;
    made.text = "Hello, " + whom.name + "!";
    return made;
}

}  // namespace

mote::service make_service() {
    mote::service made{{.name = "@NAME@", .version = "0.1.0", .description = "Greets who is named"}};
    // A gateway serves what names a route (`mote up` has one on 127.0.0.1:8080), and describes it in /openapi.json.
    made.group("@NAME@").endpoint("greet", greet, {.metadata = {{"http.route", "GET /@NAME@/greet/{name}"}}});
    return made;
}
