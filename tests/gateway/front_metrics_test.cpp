// All that OpenFaaS's dashboards, alerts and scalers read, in one look at a gateway that works.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/prometheus_reader.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/process/control_group.hpp>

namespace mote::test {
namespace {

/// By their names and labels, of the function `cat` that was called and queued once.
std::vector<std::string> series_of_openfaas() {
    const std::string function = R"({function_name="cat.openfaas-fn"})";
    const std::string answered = R"({function_name="cat.openfaas-fn",code="200"})";
    const std::string queue = R"({queue_name="mote_async",function_name="cat.openfaas-fn"})";
    const std::string system = R"({code="202",method="POST"})";
    const std::string provider = R"({code="202",method="POST",path="/system/functions"})";
    std::vector<std::string> all{
        "gateway_function_invocation_total" + answered,
        "gateway_functions_seconds_sum" + answered,
        "gateway_functions_seconds_count" + answered,
        R"(gateway_functions_seconds_bucket{function_name="cat.openfaas-fn",code="200",le="+Inf"})",
        "gateway_function_invocation_started" + function,
        "gateway_function_invocation_inflight" + function,
        "gateway_service_count" + function,
        "gateway_service_ready_count" + function,
        "gateway_service_target" + function,
        "gateway_service_min" + function,
        R"(gateway_service_target_load{function_name="cat.openfaas-fn",scaling_type="rps"})",
        "provider_http_requests_total" + provider,
        "provider_http_request_duration_seconds_count" + provider,
        "http_requests_total" + system,
        "http_request_duration_seconds_count" + system,
        "http_requests_in_flight",
        "queue_worker_pending_messages" + queue,
        "queue_worker_messages_processed_total" + queue,
        "queue_worker_messages_submitted_total" + queue,
        "queue_worker_function_invocation_inflight" + queue,
        "gateway_nats_reconnect_total",
    };
    if (mote::process::control_group_kind() == "rlimits") return all;
    for (const std::string name : {"pod_cpu_usage_seconds_total", "pod_memory_working_set_bytes"})
        all.push_back(name + R"({function_name="cat.openfaas-fn",namespace="openfaas-fn"})");
    return all;
}

std::vector<std::string> missing_in(const prometheus_reading& read) {
    std::vector<std::string> missing;
    for (auto& each : series_of_openfaas())
        if (!read.samples.contains(each)) missing.push_back(std::move(each));
    return missing;
}

using front_metrics = front_test;

TEST_F(front_metrics, have_all_names_and_labels_of_openfaas) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat", R"(,"labels":{"com.openfaas.scale.type":"rps"})");
        const auto called = co_await here.ask("POST", "/function/cat", "now");
        EXPECT_EQ(called.status, 200) << called.body;
        const auto queued = co_await here.ask("POST", "/async-function/cat", "later");
        EXPECT_EQ(queued.status, 202) << queued.body;
        const http::request asked("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics");
        std::vector<std::string> missing{"all"};
        for (int i = 0; i < 2000 && !missing.empty(); ++i) {  // nodes say every second how they are
            const auto answer = co_await here.client.send(asked);
            EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
            const auto read = read_prometheus(answer.body);
            EXPECT_EQ(read.error, "");
            missing = missing_in(read);
            co_await pause_for(10ms);
        }
        EXPECT_EQ(missing, std::vector<std::string>());
    });
}

/// What the listener for operators says now.
asio::awaitable<std::string> metrics_text(front_world* here) {
    const http::request asked("GET", "http://127.0.0.1:" + std::to_string(here->operations.port()) + "/metrics");
    const auto answer = co_await here->client.send(asked);
    EXPECT_EQ(answer.status, 200) << answer.body;
    co_return answer.body;
}

/// The value of a series once it is `wanted`, else what it is in the end; -1 for none.
asio::awaitable<double> value_at(front_world* here, std::string series, double wanted) {
    double value = -1;
    for (int i = 0; i < 6000 && value != wanted; ++i) {
        const auto text = co_await metrics_text(here);
        const auto read = read_prometheus(text);
        const auto found = read.samples.find(series);
        value = found == read.samples.end() ? -1 : found->second;
        if (value != wanted) co_await pause_for(10ms);
    }
    co_return value;
}

asio::awaitable<void> expect_value(front_world* here, std::string series, double wanted) {
    const auto value = co_await value_at(here, series, wanted);
    EXPECT_EQ(value, wanted) << series;
}

TEST_F(front_metrics, of_scaling_are_what_the_labels_of_a_function_say) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const std::string labels = R"(,"labels":{"com.openfaas.scale.min":"2","com.openfaas.scale.max":"4",)"
                                   R"("com.openfaas.scale.type":"capacity","com.openfaas.scale.target":"40",)"
                                   R"("com.openfaas.scale.target-proportion":"0.7"})";
        co_await here.deploy("cat", "cat", labels);
        const std::string function = R"({function_name="cat.openfaas-fn"})";
        co_await expect_value(&here, "gateway_service_min" + function, 2);
        co_await expect_value(&here, "gateway_service_target" + function, 40);
        co_await expect_value(
            &here, R"(gateway_service_target_load{function_name="cat.openfaas-fn",scaling_type="capacity"})", 28);
        co_await expect_value(&here, "gateway_service_count" + function, 2);
        co_await expect_value(&here, "gateway_service_ready_count" + function, 2);
    });
}

/// Where a callback comes and gets no answer until it may.
struct slow_receiver {
    explicit slow_receiver(const nats::connection& on)
        : may_answer(on.executor()), server(on.executor(), http::server_options(), [this](http::exchange& asked) {
              return answer(this, &asked);
          }) {}
    static asio::awaitable<void> answer(slow_receiver* self, http::exchange* asked) {
        ++self->came;
        co_await self->may_answer.wait_for(100s);
        asked->respond(200, {}, "thanks");
    }
    nats::async_event may_answer;
    int came = 0;
    http::server server;
};

TEST_F(front_metrics, count_a_call_as_pending_until_its_callback_was_made) {
    gateway::front_options opts;
    opts.callbacks = functions::callback_rules::with_loopback();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            slow_receiver receiver(here.connection);
            co_await here.deploy("cat", "cat");
            const auto url = "http://127.0.0.1:" + std::to_string(receiver.server.port()) + "/";
            const auto sent = sent_with("X-Callback-Url", url, "X-Call-Id", "called");
            const auto queued = co_await here.ask("POST", "/async-function/cat", "x", sent);
            EXPECT_EQ(queued.status, 202) << queued.body;
            const bool came = co_await eventually([&] { return receiver.came == 1; });
            EXPECT_TRUE(came);
            const auto told = co_await here.json("/async-function/called");
            EXPECT_EQ(told.at("state"), "done") << told;
            const std::string pending =
                R"(queue_worker_pending_messages{queue_name="mote_async",function_name="cat.openfaas-fn"})";
            co_await expect_value(&here, pending, 1);
            const auto text = co_await metrics_text(&here);
            EXPECT_TRUE(contains(text,
                                 "# HELP queue_worker_pending_messages Messages in the queue: calls that have not "
                                 "ended, and ended ones whose callback is still to be made.\n"))
                << text;
            receiver.may_answer.set();
            co_await expect_value(&here, pending, 0);
            co_await receiver.server.stop(5s);
        },
        opts);
}

TEST_F(front_metrics, have_the_reconnects_of_each_node) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        const std::string series = "queue_worker_nats_reconnect_total{node=\"" + here->node.id() + "\"}";
        co_await expect_value(here.get(), series, 0);
        server.kill();
        const bool away =
            co_await eventually([&] { return here->connection.status() != nats::connection_status::connected; });
        EXPECT_TRUE(away);
        server.restart();
        co_await expect_value(here.get(), series, 1);
        co_await here->stop();
    });
}

TEST_F(front_metrics, count_connections_to_nats_that_were_lost_and_made_again) {
    with_jetstream([](nats_server& server, jetstream::context) -> asio::awaitable<void> {
        const auto here = co_await front_world::start(server);
        co_await expect_value(here.get(), "gateway_nats_reconnect_total", 0);
        for (int lost = 1; lost <= 2; ++lost) {
            server.kill();
            const bool away =
                co_await eventually([&] { return here->connection.status() != nats::connection_status::connected; });
            EXPECT_TRUE(away);
            server.restart();
            co_await expect_value(here.get(), "gateway_nats_reconnect_total", lost);
        }
        co_await here->stop();
    });
}

}  // namespace
}  // namespace mote::test
