// The caller's side and services of our own together.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/direct.hpp>
#include <mote/micro/typed_client.hpp>

#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_service_test = micro_test;

/// A service that answers with its own id.
std::unique_ptr<micro::service> telling_service(const world& here, std::string version) {
    auto config = here.config("Who");
    config.version = std::move(version);
    auto service = std::make_unique<micro::service>(std::move(config));
    service->group("who").endpoint(
        "ami", [id = service->id()](micro::request& req) { req.respond(id + std::string(req.data())); });
    return service;
}

/// Whether services say how one of their instances is asked.
bool is_direct(const micro::service& service) {
    return service.info().metadata.contains(std::string(micro::direct_key));
}

TEST_F(client_service_test, asks_one_instance_of_ours) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto a = telling_service(here, "1.0.0");
        const auto b = telling_service(here, "1.0.0");
        co_await a->start(here.connection);
        co_await b->start(here.connection);
        EXPECT_TRUE(is_direct(*a));
        const micro::client client(here.caller, quick_lookup());
        for (const auto* const one : {a.get(), b.get()}) {
            micro::call_options opts;
            opts.instance = one->id();
            for (int i = 0; i < 4; ++i) {
                const auto reply = co_await client.call("Who", "ami", "!", opts);
                EXPECT_EQ(reply.payload(), one->id() + "!");
            }
        }
    });
}

TEST_F(client_service_test, asks_ours_by_version) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto old = telling_service(here, "1.0.0");
        const auto newer = telling_service(here, "2.0.0");
        co_await old->start(here.connection);
        co_await newer->start(here.connection);
        const micro::client client(here.caller, quick_lookup());
        micro::call_options opts;
        opts.version = "^2";
        for (int i = 0; i < 4; ++i) {
            const auto reply = co_await client.call("Who", "ami", "", opts);
            EXPECT_EQ(reply.payload(), newer->id());
        }
    });
}

TEST_F(client_service_test, asks_all_of_ours) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<std::unique_ptr<micro::service>> services;
        std::set<std::string> ids;
        for (int i = 0; i < 5; ++i) {
            services.push_back(telling_service(here, "1.0.0"));
            ids.insert(services.back()->id());
            co_await services.back()->start(here.connection);
        }
        const micro::client client(here.caller, quick_lookup());
        const auto all = co_await client.call_all("Who", "ami", "");
        std::set<std::string> answered;
        for (const auto& each : all) {
            EXPECT_EQ(each.value().payload(), each.id);
            answered.insert(each.id);
        }
        EXPECT_EQ(answered, ids);
    });
}

TEST_F(client_service_test, calls_by_type) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Sum"));
        service.endpoint("add", [](micro::request& req) {
            int sum = 0;
            for (const int each : micro::codec<std::vector<int>>::decode(req.data())) sum += each;
            std::string text;
            micro::codec<int>::encode(sum, text);
            req.respond(text);
        });
        co_await service.start(here.connection);
        const micro::client client(here.caller);
        const std::vector<int> numbers{1, 2, 3};
        const auto sum = co_await client.call<int>("Sum", "add", numbers);
        EXPECT_EQ(sum, 6);
        const auto failed = co_await failure_of(client.call<std::vector<int>>("Sum", "add", numbers));
        EXPECT_EQ(failed.code, micro::errc::undecodable_reply);
        EXPECT_TRUE(contains(failed.text, "Sum/add: ")) << failed.text;
    });
}

TEST_F(client_service_test, survives_the_restart_of_the_server) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto service = telling_service(here, "1.0.0");
        co_await service->start(here.connection);
        const micro::client client(here.caller);
        const auto before = co_await client.call("Who", "ami", "");
        here.server.kill();
        here.server.restart();
        co_await wait_reconnected(here.connection, 1);
        co_await wait_reconnected(here.caller, 1);
        const auto after = co_await client.call("Who", "ami", "");
        EXPECT_EQ(after.payload(), before.payload());
    });
}

TEST_F(client_service_test, does_not_take_a_service_for_gone_while_the_server_is_away) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto opts = quick_lookup();
        opts.lookup_timeout = 20ms;
        const micro::client client(here.caller, opts);
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.caller.status() == nats::connection_status::reconnecting; });
        const auto failed = co_await failure_of(client.call("Who", "ami", ""));
        EXPECT_EQ(failed.code, nats::errc::disconnected);
    });
}

}  // namespace
}  // namespace mote::test
