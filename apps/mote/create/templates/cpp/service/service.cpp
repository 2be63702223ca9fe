#include "service.hpp"

#include <string>

mote::service make_service() {
    mote::service made{{.name = "@NAME@", .version = "0.1.0", .description = "Greets who is named"}};
    made.group("@NAME@").endpoint("greet", [](mote::request& req) {
        if (req.data().empty()) throw mote::service_error{400, "whom shall I greet?"};
        req.respond("Hello, " + std::string(req.data()) + "!");
    });
    return made;
}
