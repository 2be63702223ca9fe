// Work endpoints of a service whose NATS context has a JetStream domain: their work is there, not where they are connected.

#include <tests/micro/works.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/temp_dir.hpp>

#include <mote/nats/environment.hpp>

#include <fstream>

namespace mote::test {
namespace {

nats_server_options in_domain(std::string domain, const temp_dir& store, std::string more) {
    nats_server_options opts;
    opts.config = "jetstream: { domain: " + std::move(domain) + ", store_dir: \"" + store.path().string() + "\" }\n" +
                  std::move(more);
    opts.jetstream = false;  // the configuration has it
    return opts;
}

jetstream::context in(const nats::connection& connection, std::string domain) {
    jetstream::context_options opts;
    opts.domain = std::move(domain);
    return jetstream::context(connection, opts);
}

asio::awaitable<bool> answers(jetstream::context js) {
    const auto seen = co_await failure_of(js.account());
    co_return !seen.code;
}

asio::awaitable<void> until_joined(jetstream::context far) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    for (;;) {
        const bool there = co_await answers(far);
        if (there || std::chrono::steady_clock::now() > limit) break;
    }
}

asio::awaitable<void> work_far_away(nats::options opts) {
    const auto connection = co_await nats::connection::connect(opts);
    const auto far = in(connection, "hub");
    co_await until_joined(far);
    EXPECT_EQ(jetstream::context(connection).api_prefix(), "$JS.hub.API.");
    micro::service_config config;
    config.name = "Jobs";
    config.version = "1.0.0";
    int done = 0;
    micro::service service(std::move(config));
    service.work("process", quick(), [&done](micro::event&) { ++done; });
    co_await service.start(connection);
    EXPECT_FALSE((co_await failure_of(far.stream("Jobs_process"))).code);
    const auto near = co_await failure_of(in(connection, "leaf").stream("Jobs_process"));
    EXPECT_EQ(near.code, jetstream::errc::stream_not_found) << near.text;
    co_await publish_all(far, 3);
    const auto all_done = std::function<bool()>([&done] { return done == 3; });
    EXPECT_TRUE(co_await eventually(all_done));
    co_await service.stop();
}

TEST(live_work_domain, is_that_of_the_nats_context) {
    if (!require_nats_server()) return;
    const auto port = free_port();
    const temp_dir far_store;
    const temp_dir near_store;
    const temp_dir contexts;
    const auto address = "127.0.0.1:" + std::to_string(port);
    const nats_server far(in_domain("hub", far_store, "leafnodes: { listen: \"" + address + "\" }\n"));
    const nats_server near(
        in_domain("leaf", near_store, "leafnodes: { remotes: [ { url: \"nats://" + address + "\" } ] }\n"));
    const auto file = contexts.path() / "far.json";
    std::ofstream(file) << R"({"url": ")" << near.url() << R"(", "jetstream_domain": "hub"})";
    nats::environment_overrides chosen;
    chosen.context = file.string();
    chosen.server = near.url();  // whatever NATS_URL is
    run(work_far_away(nats::options_from_environment(chosen)));
}

}  // namespace
}  // namespace mote::test
