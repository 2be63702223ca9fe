#include "service.hpp"

#include <iostream>
#include <utility>

void deliver(const letter& each) { std::cout << "to " << each.to << ": " << each.text << std::endl; }

mote::service make_service(std::function<void(const letter&)> work) {
    mote::service made{{.name = "@NAME@", .version = "0.1.0", .description = "Delivers letters"}};
    // Five tries, then it is a dead letter (`mote dead ls`). To wait for another time than that of the back-off: throw
    // mote::retry_later.
    made.group("@NAME@").work("send", {.max_in_flight = 8, .max_tries = 5},
                              [work = std::move(work)](const letter& each) {
                                  if (each.to.empty())
                                      throw mote::give_up{"it says not to whom"};  // a dead letter, at once
                                  work(each);
                              });
    return made;
}
