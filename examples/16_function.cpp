// A function that speaks NATS itself: a node starts it, and says in variables which subject it is to serve. Try, with it in
// the directory hello:
//   mote bundle push hello hello; mote deploy hello --image hello -e mode=micro --fprocess ./16_function
//   curl -d Ada 127.0.0.1:8080/function/hello

#include <mote/micro.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

std::string variable(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

void hello(mote::request& req) {
    if (req.data().empty()) throw mote::service_error{400, "whom shall I greet?"};
    std::cerr << "somebody is greeted\n";  // a line of `mote logs`
    req.respond("Hello, " + std::string(req.data()) + "!\n");
}

}  // namespace

int main() {
    mote::service greeter{{.name = variable("OPENFAAS_NAME", "hello"),
                           .version = "1.0.0",
                           .metadata = {{"function.instance", variable("MOTE_FUNCTION_INSTANCE", "")}},
                           .queue_group = variable("MOTE_FUNCTION_QUEUE", "fn")}};
    greeter.endpoint("call", hello, {.subject = variable("MOTE_FUNCTION_SUBJECT", "fn.openfaas-fn.hello")});
    return mote::run(greeter);
}
