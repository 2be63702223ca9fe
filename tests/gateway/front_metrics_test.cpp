// All that OpenFaaS's dashboards, alerts and scalers read, in one look at a gateway that works.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/prometheus_reader.hpp>

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

}  // namespace
}  // namespace mote::test
