// Needs no server: a service is made, and JSON goes there and back.

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/micro.hpp>

#include <boost/describe/class.hpp>
#include <iostream>

struct post {
    std::string title;
    int score = 0;
};
BOOST_DESCRIBE_STRUCT(post, (), (title, score))

int main() {
    mote::service echo{{.name = "Echo", .version = "1.0.0"}};
    echo.endpoint("echo", [](mote::request& req) { req.respond(req.data()); });
    const auto text = mote::json::encode(mote::json::decode<post>(R"({"title":"mote","score":1})"));
    std::cout << text << '\n';
    return text == R"({"title":"mote","score":1})" ? 0 : 1;
}
