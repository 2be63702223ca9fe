// A service with an event endpoint, which only consumes, beside one that answers. Try:
//   nats pub orders.new tea; nats req orders.count ""; nats micro stats Orders

#include <mote/micro.hpp>

#include <string>

int main() {
    std::size_t taken = 0;
    mote::service orders{{.name = "Orders", .version = "1.0.0", .description = "Takes orders and counts them"}};
    auto group = orders.group("orders");
    group.endpoint("new", [&](mote::event& order) {  // orders.new: there is nothing to respond with
        if (order.data().empty()) throw mote::service_error{400, "the order is empty"};
        ++taken;  // handlers run one after the other on the connection's thread: no lock
    });
    group.endpoint("count", [&](mote::request& req) { req.respond(std::to_string(taken)); });  // orders.count
    return mote::run(orders);
}
