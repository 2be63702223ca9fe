// A node with real processes, behind a real NATS server.

#include <tests/node/machine.hpp>

#include <mote/functions/secret_store.hpp>

#include <array>

namespace mote::test {
namespace {

constexpr std::array<const char*, 6> environment_lines{"Http_Method=PUT\n", "Http_Path=/a/b\n", "Http_Query=x=1\n",
                                                       "Http_X_Thing=7\n",  "colour=blue\n",    "OPENFAAS_NAME=env\n"};

class live_node : public live_test {};

TEST_F(live_node, runs_a_process_for_each_call_with_the_body_on_its_stdin) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("upper", "functions/alpine:latest", "tr a-z A-Z");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.upper", "hello");
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body, "HELLO");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, tells_the_process_what_http_says) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("env", "functions/alpine", "env", {{"colour", "blue"}});
        co_await here->deploy(what);
        nats::headers headers;
        headers.set("Http-Method", "PUT");
        headers.set("Http-Path", "/a/b");
        headers.set("Http-Query", "x=1");
        headers.set("X-Thing", "7");
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.env", {}, headers);
        for (const auto* const line : environment_lines)
            EXPECT_NE(got.body.find(line), std::string::npos) << line << "is not in\n" << got.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, answers_500_with_the_output_when_the_process_fails) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("fails", "functions/alpine", "ls /there/is/nothing");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.fails");
        EXPECT_EQ(got.status, 500);
        EXPECT_NE(got.body.find("exit status 2"), std::string::npos) << got.body;
        EXPECT_NE(got.body.find("/there/is/nothing"), std::string::npos) << got.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, ends_a_process_that_takes_longer_than_it_may) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("sleeps", "functions/alpine", "sleep 60", {{"exec_timeout", "300ms"}});
        co_await here->store.create(what);
        co_await here->until_served("fn.openfaas-fn.sleeps");
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.sleeps");
        EXPECT_EQ(got.status, 408) << got.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, starts_a_function_that_was_scaled_to_zero_with_its_next_call) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = function("cold", "functions/alpine", "cat");
        what.replicas = 0;
        co_await here->store.create(what);
        co_await here->until_served("fn.openfaas-fn.cold");
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.cold", "warm");
        EXPECT_EQ(got.body, "warm");
        std::optional<functions::stored_function> kept;
        for (int i = 0; i < 500 && (!kept || kept->what.replicas == 0); ++i)
            kept = co_await here->store.get(what.name());
        EXPECT_EQ(kept->what.replicas, 1U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, refuses_the_calls_of_a_paused_function) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = function("paused", "functions/alpine", "cat");
        what.paused = true;
        co_await here->store.create(what);
        co_await here->until_served("fn.openfaas-fn.paused");
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.paused");
        EXPECT_EQ(got.status, 503);
        EXPECT_EQ(got.body, "the function is paused");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, says_why_a_function_does_not_start) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("wrong", "functions/alpine", "cat", {{"mode", "nonsense"}});
        co_await here->store.create(what);
        co_await here->until_served("fn.openfaas-fn.wrong");
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.wrong");
        EXPECT_EQ(got.status, 503);
        EXPECT_NE(got.body.find("mode"), std::string::npos) << got.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, gives_a_function_its_secrets_as_files) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto secrets = co_await functions::secret_store::open(js);
        const auto name = functions::secret_name::parse("api-key");
        co_await secrets.create(name, "s3cret\n");
        auto what = function("reads", "functions/alpine", "cat /var/openfaas/secrets/api-key");
        what.wanted.secrets = std::vector<std::string>{"api-key", "api-key"};  // once is enough
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.reads");
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body, "s3cret\n");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, lets_a_function_write_where_its_root_is_not_read_only) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto open = function("open", "functions/alpine", "touch /x");
        auto closed = function("closed", "functions/alpine", "touch /x");
        closed.wanted.read_only = true;
        auto scratch = function("scratch", "functions/alpine", "touch /tmp/x");
        scratch.wanted.read_only = true;
        co_await here->deploy(open);
        co_await here->deploy(closed);
        co_await here->deploy(scratch);
        const auto written = co_await call(js.connection(), subject_of("open"));
        EXPECT_EQ(written.status, 200) << written.body;
        const auto refused = co_await call(js.connection(), subject_of("closed"));
        EXPECT_EQ(refused.status, 500) << refused.body;
        EXPECT_TRUE(contains(refused.body, "Read-only file system")) << refused.body;
        const auto in_tmp = co_await call(js.connection(), subject_of("scratch"));
        EXPECT_EQ(in_tmp.status, 200) << in_tmp.body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, answers_more_than_fits_into_a_message_in_pieces) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("much", "functions/alpine", "head -c 3000000 /dev/zero");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), "fn.openfaas-fn.much");
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body.size(), 3'000'000U);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_node, tells_other_nodes_and_gateways_what_it_runs_and_no_more_when_it_stops) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("told", "functions/alpine", "cat");
        co_await here->deploy(what);
        const auto bucket = co_await functions::open_node_bucket(js);
        functions::node_table nodes(js, bucket);
        co_await nodes.ready(5s);
        const auto name = functions::function_name::parse("told");
        for (int i = 0; i < 500 && nodes.of(name).ready == 0; ++i) co_await js.connection().flush(5s);
        EXPECT_EQ(nodes.of(name).ready, 1U);
        EXPECT_EQ(nodes.alive().size(), 1U);
        co_await here->node.stop(5s);
        for (int i = 0; i < 500 && !nodes.alive().empty(); ++i) co_await js.connection().flush(5s);
        EXPECT_TRUE(nodes.alive().empty());
        co_await nodes.stop();
    });
}

TEST_F(live_node, does_not_serve_a_function_that_was_removed) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("gone", "functions/alpine", "cat");
        co_await here->deploy(what);
        co_await here->store.remove(functions::function_name::parse("gone"));
        bool is_gone = false;
        for (int i = 0; i < 500 && !is_gone; ++i) {
            try {
                co_await call(js.connection(), "fn.openfaas-fn.gone");
            } catch (const boost::system::system_error& error) {
                is_gone = error.code() == nats::errc::no_responders;
            }
        }
        EXPECT_TRUE(is_gone);
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
