// A work queue: JetStream keeps each message until the handler has ended. Needs a nats-server with --jetstream. Try:
//   nats pub orders.bill '{"id": "a1", "amount": 5}'; nats pub orders.bill '{"id": "a2", "amount": 0}'
//   nats req orders.billed ''; mote dead ls

#include <mote/micro.hpp>

#include <boost/describe.hpp>
#include <chrono>
#include <set>
#include <string>
#include <utility>

using namespace std::chrono_literals;

struct order {
    std::string id;
    int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, amount))

int main() {
    std::set<std::string> billed;
    bool bank_is_busy = true;  // for the first order
    mote::service billing{{.name = "Billing", .version = "1.0.0"}};
    auto orders = billing.group("orders");

    // What it throws else: tried again after 1 s and 10 s, then a dead letter.
    orders.work("bill", {.max_in_flight = 8, .max_tries = 3, .backoff = {1s, 10s}}, [&](const order& each) {
        if (each.amount <= 0) throw mote::give_up{"there is nothing to bill"};  // a dead letter, at once
        if (std::exchange(bank_is_busy, false)) throw mote::retry_later{100ms};
        billed.insert(each.id);  // what comes a second time does no harm: it is delivered at least once
    });

    orders.endpoint("billed", [&] { return static_cast<int>(billed.size()); });
    return mote::run(billing);
}
