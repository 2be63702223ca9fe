// Typed handlers: structs in, structs out. The library reads and writes their JSON, answers 400 to what does not fit, and
// tells their JSON Schemas in INFO. Try:
//   nats req shop.total '{"customer": "Ada", "items": [{"name": "tea", "price": 3, "count": 2}]}'
//   nats req shop.price tea; nats req shop.total '{"customer": "Ada"}'; nats micro info Shop

#include <mote/micro.hpp>

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct item {
    std::string name;
    int price = 0;
    int count = 1;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, count))

struct order {
    std::string customer;
    std::vector<item> items;
    std::optional<int> discount;  // may be absent or null; the other members have to be there
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, items, discount))

struct bill {
    std::string customer;
    int total = 0;
};
BOOST_DESCRIBE_STRUCT(bill, (), (customer, total))

namespace {

bill total(const order& asked) {
    bill made{asked.customer};
    for (const item& each : asked.items) made.total += each.price * each.count;
    made.total -= asked.discount.value_or(0);
    if (made.total < 0) throw mote::service_error{422, "the discount is larger than the bill"};
    return made;
}

// A string is taken as it is, not as JSON.
int price(const std::string& name) {
    static const std::map<std::string, int> prices{{"tea", 3}, {"coffee", 4}};
    const auto found = prices.find(name);
    if (found == prices.end()) throw mote::service_error{404, "there is no " + name};
    return found->second;
}

}  // namespace

int main() {
    mote::service shop{{.name = "Shop", .version = "1.0.0"}};
    auto group = shop.group("shop");
    group.endpoint("total", total);
    group.endpoint("price", price);
    return mote::run(shop);
}
