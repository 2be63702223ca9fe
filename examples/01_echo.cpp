#include <mote/micro.hpp>

int main() {
    mote::service echo{{.name = "Echo", .version = "1.0.0"}};
    echo.endpoint("echo", [](mote::request& req) { req.respond(req.data()); });
    return mote::run(echo);  // connects, serves, drains on SIGINT/SIGTERM, returns the exit code
}
