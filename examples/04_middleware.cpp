// Middleware: what concerns many handlers, around all of a service, a group or one endpoint. Try, with NOTES_TOKEN=secret:
//   nats req notes.write hello; nats req -H 'Authorization: Bearer secret' notes.write hello

#include <mote/micro.hpp>
#include <mote/micro/middleware/logging.hpp>
#include <mote/micro/middleware/rate_limit.hpp>
#include <mote/micro/middleware/require_auth.hpp>

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace micro = mote::micro;

namespace {

/// Around what comes next: it may look at the request, answer, throw, and catch.
void not_found(mote::request& req, mote::next next) {
    try {
        next(req);
    } catch (const std::logic_error&) {  // of std::stoul and vector::at
        throw mote::service_error{404, "there is no such note"};
    }
}

void not_too_long(mote::request& req) {
    if (req.data().size() > 100) throw mote::service_error{413, "a note has at most 100 bytes"};
}

void say_status(const mote::request& req, const mote::outcome& ended) {
    std::cout << req.endpoint().name << ": " << ended.status << '\n' << std::flush;
}

}  // namespace

int main() {
    const char* token = std::getenv("NOTES_TOKEN");
    if (token == nullptr || *token == '\0') {
        std::cerr << "NOTES_TOKEN is not set\n";
        return 2;
    }
    std::vector<std::string> kept;
    mote::service notes{
        {.name = "Notes", .version = "1.0.0", .middleware = {micro::logging(), mote::after(say_status)}}};
    auto group = notes.group("notes", {.middleware = {micro::require_token({token})}});
    group.endpoint(
        "write",
        [&](mote::request& req) {
            kept.emplace_back(req.data());
            req.respond(std::to_string(kept.size() - 1));
        },
        {.middleware = {micro::rate_limit(0.1, 3), mote::before(not_too_long)}});  // 3 at once, then 1 in 10 s
    group.endpoint("read", [&](mote::request& req) { req.respond(kept.at(std::stoul(std::string(req.data())))); },
                   {.middleware = {not_found}});
    return mote::run(notes);
}
