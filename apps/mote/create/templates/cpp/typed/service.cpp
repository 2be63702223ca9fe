#include "service.hpp"

greeting greet(const person& whom) {
    if (whom.name.empty()) throw mote::service_error{422, "the name is empty"};
    greeting made;
    made.text = "Hello, " + whom.name + "!";
    if (whom.born) made.century = (*whom.born + 99) / 100;
    return made;
}

mote::service make_service() {
    mote::service made{{.name = "@NAME@", .version = "0.1.0", .description = "Greets who is named"}};
    made.group("@NAME@").endpoint("greet", greet);
    return made;
}
