#include <tests/kv/live_bucket.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/temp_dir.hpp>

namespace mote::kv {
namespace {

/// Buckets of another JetStream domain: on a hub, seen from a leaf that has a JetStream of its own.
class live_domain : public live_bucket_test {};

/// A server with JetStream in a domain, and more lines of configuration.
nats_server_options in_domain(std::string domain, const test::temp_dir& store, std::string more) {
    nats_server_options opts;
    opts.config = "jetstream: { domain: " + std::move(domain) + ", store_dir: \"" + store.path().string() + "\" }\n" +
                  std::move(more);
    opts.jetstream = false;  // the configuration has it
    return opts;
}

jetstream::context at_hub(const jetstream::context& js) {
    jetstream::context_options opts;
    opts.domain = "hub";
    return jetstream::context(js.connection(), opts);
}

/// Waits until the leaf has found the hub.
awaitable<void> until_joined(jetstream::context far) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::string domain;
    while (domain.empty() && std::chrono::steady_clock::now() < deadline) {
        try {
            domain = (co_await far.account()).domain;
        } catch (const boost::system::system_error&) {
            // not yet
        }
    }
    EXPECT_EQ(domain, "hub");
}

awaitable<void> use_two_domains(nats_server& server) {
    const auto connection = co_await test::connect_to(server);
    const jetstream::context js(connection);
    const auto far = at_hub(js);
    co_await until_joined(far);

    // The same name in both: what is written has to go to the right one.
    const auto near_one = co_await bucket::create(js, named("b"));
    const auto far_one = co_await bucket::create(far, named("b"));
    co_await near_one.put("where", "leaf");
    co_await far_one.put("where", "hub");
    auto found = co_await near_one.get("where");
    EXPECT_TRUE(found && found->value == "leaf" && found->revision == 1);
    found = co_await far_one.get("where");
    EXPECT_TRUE(found && found->value == "hub" && found->revision == 1);
    EXPECT_TRUE((co_await far_one.update("where", "hub 2", 1)).has_value());
    EXPECT_TRUE((co_await far_one.create("new", "1")).has_value());
    co_await far_one.del("new");
    const auto keys = co_await near_one.keys();
    EXPECT_EQ(keys, std::vector<std::string>{"where"});
    EXPECT_EQ((co_await far_one.history("new")).size(), 1u);

    // Under a name that is not here too: servers take the mirror for the bucket of that name here.
    const auto origin = co_await bucket::create(far, named("o"));
    co_await origin.put("a", "1");
    auto config = named("copy");
    config.mirror.emplace();
    config.mirror->name = "o";
    config.mirror->api_prefix = "$JS.hub.API";
    const auto copy = co_await bucket::create(js, config);
    co_await until_value(copy, "a", "1");
    const auto written = co_await copy.put("through", "the leaf");
    found = co_await origin.get("through");
    EXPECT_TRUE(found && found->value == "the leaf" && found->revision == written);
    co_await until_value(copy, "through", "the leaf");
    const auto opened = co_await bucket::open(js, "copy");
    EXPECT_TRUE((co_await opened.update("through", "again", written)).has_value());
    co_await until_value(opened, "through", "again");
}

TEST_F(live_domain, has_buckets_of_its_own_and_mirrors_those_of_another) {
    const auto port = test::free_port();
    const test::temp_dir far_store;
    const test::temp_dir near_store;
    const auto address = "127.0.0.1:" + std::to_string(port);
    const nats_server far(in_domain("hub", far_store, "leafnodes: { listen: \"" + address + "\" }\n"));
    nats_server near_one(
        in_domain("leaf", near_store, "leafnodes: { remotes: [ { url: \"nats://" + address + "\" } ] }\n"));
    test::run(use_two_domains(near_one));
}

}  // namespace
}  // namespace mote::kv
