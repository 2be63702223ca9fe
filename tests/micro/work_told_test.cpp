// Who is told of trouble with work (`on_error`) may take away at once what is in trouble.

#include <tests/micro/works.hpp>

#include <boost/asio/co_spawn.hpp>

#include <functional>
#include <optional>

namespace mote::test {
namespace {

/// A service that its own `on_error` reaches.
struct reached_service {
    std::optional<micro::service> service;
    int told = 0;
    bool removed = false;
};

void leave_it(micro::event&) {}

TEST_F(work_test, who_is_told_that_an_endpoint_cannot_be_opened_may_remove_it) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            reached_service reached;
            auto config = here.config("Jobs");
            config.on_error = [&reached, executor = here.connection.executor()](const micro::failure& what) {
                ++reached.told;
                asio::co_spawn(executor, reached.service->remove(what.endpoint),
                               [&reached](const std::exception_ptr&) { reached.removed = true; });
            };
            reached.service.emplace(std::move(config));
            reached.service->work("process", quick(), leave_it);
            reached.service->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
            co_await reached.service->start(here.connection);
            co_await eventually("it is removed", [&reached] { return reached.removed; });
            const auto echoed = co_await ask(here.caller, "echo", "served");
            EXPECT_EQ(echoed, body("served"));
            EXPECT_EQ(reached.service->info().endpoints.size(), 1U);
            EXPECT_EQ(reached.told, 1);
            co_await reached.service->stop();
        },
        false);
}

TEST_F(work_test, who_is_told_that_an_endpoint_cannot_be_opened_may_destroy_the_service) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            reached_service reached;
            auto config = here.config("Jobs");
            config.on_error = [&reached](const micro::failure&) {
                ++reached.told;
                reached.service.reset();
            };
            reached.service.emplace(std::move(config));
            reached.service->work("first", quick(), leave_it);
            reached.service->work("second", quick(), leave_it);
            const auto failed = co_await failure_of(reached.service->start(here.connection));
            EXPECT_EQ(failed.code, micro::errc::stopped) << failed.text;
            EXPECT_EQ(reached.told, 1);
        },
        false);
}

asio::awaitable<void> wait_until_open(gate open, int* begun, micro::event) {
    ++*begun;
    co_await open.pass();
}

/// Until not even an ack has room in what waits to be sent.
void fill_outbound(const nats::connection& connection) {
    for (const std::size_t size : {std::size_t{64} * 1024, std::size_t{1}}) {
        const std::string filler(size, 'x');
        try {
            for (;;) connection.publish("f", filler);
        } catch (const boost::system::system_error& full) {
            EXPECT_EQ(full.code(), nats::errc::outbound_buffer_full) << full.what();
        }
    }
}

TEST_F(work_test, who_is_told_once_that_work_is_not_kept_alive_may_destroy_the_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        reached_service reached;
        auto config = here.config("Jobs");
        config.on_error = [&reached](const micro::failure& what) {
            if (what.error != "not kept alive") return;
            ++reached.told;
            reached.service.reset();
        };
        const gate open(here.connection.executor());
        int begun = 0;
        reached.service.emplace(std::move(config));
        reached.service->work("process", quick(), std::bind_front(wait_until_open, open, &begun));
        co_await reached.service->start(here.connection);
        co_await publish_all(jetstream::context(here.caller), 3);
        co_await eventually("all have begun", [&begun] { return begun == 3; });
        here.server.stop();
        co_await eventually("the link is lost",
                            [&here] { return here.connection.status() != nats::connection_status::connected; });
        fill_outbound(here.connection);
        co_await eventually("it is told", [&reached] { return reached.told != 0; });
        EXPECT_EQ(reached.told, 1) << "of all three together";
        open.open();
    });
}

}  // namespace
}  // namespace mote::test
