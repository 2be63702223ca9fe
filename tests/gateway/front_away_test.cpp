// What a gateway answers while the NATS server is away, and what becomes of that once it is back.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>

namespace mote::test {
namespace {

class front_away : public live_test {
protected:
    /// Runs `body(world)` with a function `cat` and a server that has just been killed, and then `after(world)` with the server
    /// started again.
    template <class Body, class After>
    void while_away(Body body, After after, gateway::front_options opts = gateway::front_options()) {
        with_jetstream([=](nats_server& server, jetstream::context) -> asio::awaitable<void> {
            const auto here = co_await front_world::start(server, opts);
            co_await here->deploy("cat", "cat");
            server.kill();
            const std::function<bool()> seen = [here] {
                return here->connection.status() != nats::connection_status::connected;
            };
            const bool away = co_await eventually(seen);
            EXPECT_TRUE(away);
            co_await body(*here);
            server.restart();
            co_await until_back(*here);
            co_await after(*here);
            here->failures.clear();
            co_await here->stop();
        });
    }
    static asio::awaitable<void> nothing(front_world&) { co_return; }

private:
    static asio::awaitable<void> until_back(front_world& here) {
        http::response health;
        for (int i = 0; i < 2000 && health.status != 200; ++i) {
            health = co_await here.ask("GET", "/healthz");
            co_await pause_for(10ms);
        }
        EXPECT_EQ(health.status, 200);
    }
};

void expect_503(const http::response& answer) {
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_EQ(answer.body, "the NATS server is away\n");
}

TEST_F(front_away, refuses_to_queue_a_call_and_does_not_queue_it_later) {
    const kept_log changes;
    gateway::front_options opts;
    opts.audit_log = changes.sink();
    while_away(
        [](front_world& here) -> asio::awaitable<void> {
            const auto queued =
                co_await here.ask("POST", "/async-function/cat", "x", sent_with("X-Call-Id", "refused"));
            expect_503(queued);
            EXPECT_EQ(queued.header("X-Call-Id"), "refused");
            const auto looked = co_await here.ask("GET", "/async-function/refused");
            expect_503(looked);
            const auto cancelled = co_await here.ask("DELETE", "/async-function/refused");
            expect_503(cancelled);
        },
        [](front_world& here) -> asio::awaitable<void> {
            http::response queued;
            for (int i = 0; i < 1000 && queued.status != 202; ++i) {
                queued = co_await here.ask("POST", "/async-function/cat", "y", sent_with("X-Call-Id", "taken"));
                co_await pause_for(10ms);
            }
            EXPECT_EQ(queued.status, 202) << queued.body;
            http::response result;
            for (int i = 0; i < 2000 && result.status != 200; ++i) {
                result = co_await here.ask("GET", "/async-function/taken/result");
                co_await pause_for(10ms);
            }
            EXPECT_EQ(result.body, "y");
            const auto refused = co_await here.ask("GET", "/async-function/refused");
            EXPECT_EQ(refused.status, 404) << "it was not to be run: " << refused.body;
        },
        opts);
    EXPECT_TRUE(contains(*changes.text, R"("audit":"call.cancel","object":"refused","peer":"127.0.0.1","status":503,)"))
        << *changes.text;
}

TEST_F(front_away, says_that_it_is_where_a_call_has_waited_for_it_in_vain) {
    while_away(
        [](front_world& here) -> asio::awaitable<void> {
            const auto called = co_await here.ask("POST", "/function/cat", "x", sent_with("X-Timeout", "300ms"));
            expect_503(called);
            const auto unknown = co_await here.ask("POST", "/service/Nobody/nothing", "x");
            expect_503(unknown);
        },
        nothing);
}

TEST_F(front_away, tells_its_metrics_without_a_wait) {
    while_away(
        [](front_world& here) -> asio::awaitable<void> {
            http::request asked("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics");
            asked.timeout = 4s;  // less than JetStream is waited for
            const auto told = co_await here.client.send(std::move(asked));
            EXPECT_EQ(told.status, 200);
            EXPECT_TRUE(contains(told.body, R"(gateway_service_count{function_name="cat.openfaas-fn"} 1)"))
                << told.body;
        },
        nothing);
}

}  // namespace
}  // namespace mote::test
