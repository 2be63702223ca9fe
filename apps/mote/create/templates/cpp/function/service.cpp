#include "service.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

/// What the node that runs the function says by a variable.
std::string said(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

void call(mote::request& req) {
    if (req.data().empty()) throw mote::service_error{400, "whom shall I greet?"};
    std::cerr << "somebody is greeted\n";  // a line of `mote logs @NAME@`
    req.respond("Hello, " + std::string(req.data()) + "!\n");
}

}  // namespace

mote::service make_service() {
    mote::service made{{.name = said("OPENFAAS_NAME", "@NAME@"),
                        .version = "0.1.0",
                        .metadata = {{"function.instance", said("MOTE_FUNCTION_INSTANCE", "")}},
                        .queue_group = said("MOTE_FUNCTION_QUEUE", "fn")}};
    made.endpoint("call", call, {.subject = said("MOTE_FUNCTION_SUBJECT", "fn.openfaas-fn.@NAME@")});
    return made;
}
