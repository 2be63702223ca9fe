#include <tests/mote/ask/shop.hpp>

#include <mote/json/encode.hpp>
#include <mote/micro/service_error.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe.hpp>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace mote::test {

BOOST_DEFINE_ENUM_CLASS(shop_speed, slow, express)

struct shop_customer {
    std::string name;
    std::optional<std::string> city;
};
BOOST_DESCRIBE_STRUCT(shop_customer, (), (name, city))

struct shop_order {
    int id = 0;
    shop_customer customer;
    std::optional<std::vector<std::string>> tags;
    std::optional<double> weight;
    std::optional<bool> gift;
    std::optional<shop_speed> speed;
    std::optional<std::map<std::string, int>> labels;
    std::optional<std::string> timeout;  // called like an option of mote's
};
BOOST_DESCRIBE_STRUCT(shop_order, (), (id, customer, tags, weight, gift, speed, labels, timeout))

struct shop_filter {
    std::optional<std::string> name;
    std::optional<int> least;
};
BOOST_DESCRIBE_STRUCT(shop_filter, (), (name, least))

namespace {

/// Alive as long as a coroutine's frame is.
class presence {
public:
    explicit presence(std::shared_ptr<shop_log> log) : log_(std::move(log)) { ++log_->endless_alive; }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;
    ~presence() { --log_->endless_alive; }

private:
    std::shared_ptr<shop_log> log_;
};

micro::reply_stream<int> count_to(int last) {
    if (last < 0) throw micro::service_error(400, "how many?");
    for (int each = 1; each <= last; ++each) co_yield each;
}

micro::reply_stream<int> two_and_an_error() {
    for (int each = 1; each <= 2; ++each) co_yield each;
    throw micro::service_error(507, "no room");
}

micro::reply_stream<int> without_end(std::shared_ptr<shop_log> log) {
    const presence here(log);
    for (int each = 1;; ++each) co_yield each;
}

boost::asio::awaitable<std::string> price_of(std::shared_ptr<shop_log> log, std::string name) {
    ++log->prices;
    if (log->slow) {
        boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
        pause.expires_after(std::chrono::seconds(1));
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
    if (name != "tea") throw micro::service_error(404, "there is no " + name);
    co_return "3";
}

std::unique_ptr<micro::service> make_shop(const std::shared_ptr<shop_log>& log, const std::string& name,
                                          const std::string& version) {
    micro::service_config config;
    config.name = "Shop";
    config.version = version;
    config.on_error = [](const micro::failure&) {};  // a test that ends the server is not of interest to it
    auto made = std::make_unique<micro::service>(std::move(config));
    auto group = made->group("shop");
    group.endpoint("order", [](const shop_order& asked) { return asked; });
    group.endpoint("find", [](const shop_filter& asked) { return asked; });
    group.endpoint("price", [log](std::string asked) { return price_of(log, std::move(asked)); });
    group.endpoint("who", [name](micro::request& asked) { asked.respond(name); });
    group.endpoint("count", count_to);
    group.endpoint("broken", two_and_an_error);
    group.endpoint("endless", [log] { return without_end(log); });
    return made;
}

}  // namespace

shop::shop(const nats_server& server, std::string name, std::string version)
    : service_(
          [&server] {
              nats::options options;
              options.servers = {server.url()};
              return options;
          }(),
          [log = log_, name = std::move(name), version = std::move(version)](const nats::connection&) {
              return make_shop(log, name, version);
          }) {}

std::string shop::id() {
    return service_.on_loop([this] { return service_.service().id(); });
}

}  // namespace mote::test
