// What is counted, and how Prometheus reads it.

#include <tests/gateway/prometheus_reader.hpp>

#include <mote/gateway/gateway_metrics.hpp>

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using gateway::gateway_metrics;
using gateway::invocation;
using gateway::scrape_numbers;

/// The samples by name and labels, as `name{a="b"}`; fails the test for a text that is not of the format.
std::map<std::string, double> read(const gateway_metrics& from, const scrape_numbers& more = scrape_numbers()) {
    const auto read = read_prometheus(from.text(more));
    EXPECT_EQ(read.error, "");
    return read.samples;
}

std::string of(const std::string& name, const std::string& function = "echo.openfaas-fn") {
    return name + "{function_name=\"" + function + "\"}";
}

std::string of_code(const std::string& name, const std::string& code,
                    const std::string& function = "echo.openfaas-fn") {
    return name + "{function_name=\"" + function + "\",code=\"" + code + "\"}";
}

void call(gateway_metrics& of_all, std::string_view name, int status, std::chrono::nanoseconds took = 1ms) {
    const auto began = invocation::clock::now();
    invocation one(of_all.add(name), began);
    one.finished(status, began + took);
}

TEST(gateway_metrics, counts_a_call_from_its_begin_to_its_end) {
    gateway_metrics metrics;
    const auto began = invocation::clock::now();
    invocation one(metrics.add("echo.openfaas-fn"), began);
    auto seen = read(metrics);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_started")), 1);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_inflight")), 1);
    EXPECT_FALSE(seen.contains(of_code("gateway_function_invocation_total", "200")));

    one.finished(200, began + 30ms);
    one.finished(500, began + 60ms);  // only the first counts
    seen = read(metrics);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_started")), 1);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_inflight")), 0);
    EXPECT_EQ(seen.at(of_code("gateway_function_invocation_total", "200")), 1);
    EXPECT_FALSE(seen.contains(of_code("gateway_function_invocation_total", "500")));
    EXPECT_EQ(seen.at(of_code("gateway_functions_seconds_count", "200")), 1);
    EXPECT_DOUBLE_EQ(seen.at(of_code("gateway_functions_seconds_sum", "200")), 0.03);
    const std::string bucket = "gateway_functions_seconds_bucket{function_name=\"echo.openfaas-fn\",code=\"200\",le=\"";
    EXPECT_EQ(seen.at(bucket + "0.025\"}"), 0);
    EXPECT_EQ(seen.at(bucket + "0.05\"}"), 1);
    EXPECT_EQ(seen.at(bucket + "+Inf\"}"), 1);
}

TEST(gateway_metrics, counts_a_call_that_was_given_up_as_499) {
    gateway_metrics metrics;
    {
        invocation one(metrics.add("echo.openfaas-fn"));
        const invocation moved(std::move(one));
    }
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at(of_code("gateway_function_invocation_total", "499")), 1);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_started")), 1);
}

TEST(gateway_metrics, counts_nothing_without_a_function) {
    invocation none(nullptr);
    none.finished(200);
}

TEST(gateway_metrics, gives_the_same_handle_for_the_same_function) {
    gateway_metrics metrics;
    const auto one = metrics.add("echo.openfaas-fn");
    EXPECT_EQ(metrics.add("echo.openfaas-fn"), one);
    EXPECT_EQ(metrics.find("echo.openfaas-fn"), one);
    EXPECT_NE(metrics.add("echo.other"), one);
    EXPECT_EQ(metrics.functions(), 2u);
}

TEST(gateway_metrics, adds_nothing_by_looking) {
    gateway_metrics metrics;
    EXPECT_EQ(metrics.find("unknown.openfaas-fn"), nullptr);
    EXPECT_EQ(metrics.invocations("unknown.openfaas-fn"), 0u);
    metrics.set("unknown.openfaas-fn", {.count = 1});
    metrics.remove("unknown.openfaas-fn");
    EXPECT_EQ(metrics.functions(), 0u);
    EXPECT_EQ(metrics.text({}).find("unknown"), std::string::npos);
}

TEST(gateway_metrics, keeps_the_functions_past_its_bound_under_one_name) {
    gateway_metrics metrics(2);
    for (const std::string_view name : {"a.ns", "b.ns", "c.ns", "d.ns", "a.ns"}) call(metrics, name, 200);
    EXPECT_EQ(metrics.functions(), 2u);
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at(of_code("gateway_function_invocation_total", "200", "a.ns")), 2);
    EXPECT_EQ(seen.at(of_code("gateway_function_invocation_total", "200", "other")), 2);
    metrics.remove("b.ns");
    call(metrics, "c.ns", 200);
    EXPECT_EQ(metrics.invocations("c.ns"), 1u);
}

TEST(gateway_metrics, has_no_label_that_cannot_be_a_function) {
    gateway_metrics metrics;
    for (const std::string name : {"", "noname", "a\"b.ns", "a\n.ns", "\xFF.ns", "a b.ns"}) call(metrics, name, 200);
    call(metrics, std::string(200, 'x') + ".ns", 200);
    EXPECT_EQ(metrics.functions(), 0u);
    EXPECT_EQ(read(metrics).at(of_code("gateway_function_invocation_total", "200", "other")), 7);
}

TEST(gateway_metrics, ends_the_series_of_a_function_that_is_removed_while_it_is_called) {
    gateway_metrics metrics;
    invocation one(metrics.add("echo.openfaas-fn"));
    metrics.remove("echo.openfaas-fn");
    one.finished(200);
    EXPECT_FALSE(read(metrics).contains(of("gateway_function_invocation_started")));
    metrics.add("echo.openfaas-fn");
    EXPECT_EQ(read(metrics).at(of("gateway_function_invocation_started")), 0);
}

TEST(gateway_metrics, sums_the_calls_of_all_statuses) {
    gateway_metrics metrics;
    call(metrics, "echo.openfaas-fn", 200);
    call(metrics, "echo.openfaas-fn", 200);
    call(metrics, "echo.openfaas-fn", 500);
    const invocation running(metrics.add("echo.openfaas-fn"));
    EXPECT_EQ(metrics.invocations("echo.openfaas-fn"), 3u);
}

TEST(gateway_metrics, writes_how_many_replicas_there_are) {
    gateway_metrics metrics;
    metrics.add("echo.openfaas-fn");
    metrics.set("echo.openfaas-fn", {.count = 3,
                                     .ready = 2,
                                     .min = 1,
                                     .target = 4,
                                     .target_load = 50,
                                     .scaling_type = "rps",
                                     .memory = 5'000'000'000,
                                     .cpu_time = 1500ms});
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at(of("gateway_service_count")), 3);
    EXPECT_EQ(seen.at(of("gateway_service_ready_count")), 2);
    EXPECT_EQ(seen.at(of("gateway_service_min")), 1);
    EXPECT_EQ(seen.at(of("gateway_service_target")), 4);
    EXPECT_EQ(seen.at("gateway_service_target_load{function_name=\"echo.openfaas-fn\",scaling_type=\"rps\"}"), 50);

    const std::string pod = "{function_name=\"echo.openfaas-fn\",namespace=\"openfaas-fn\"}";
    EXPECT_EQ(seen.at("pod_memory_working_set_bytes" + pod), 5e9);
    EXPECT_DOUBLE_EQ(seen.at("pod_cpu_usage_seconds_total" + pod), 1.5);

    metrics.set("echo.openfaas-fn", {.count = 0});
    const auto later = read(metrics);
    EXPECT_EQ(later.at(of("gateway_service_count")), 0);
    EXPECT_FALSE(later.contains(of("gateway_service_min")));
    EXPECT_FALSE(later.contains("pod_memory_working_set_bytes" + pod)) << "nobody measures it";
}

TEST(gateway_metrics, writes_what_others_hand_in) {
    const gateway_metrics metrics;
    scrape_numbers more;
    more.queues.push_back({"faas-request", "echo.openfaas-fn", 1, 2, 3, 4});
    more.open_connections = 5;
    more.requests_in_flight = 6;
    more.log_lines_dropped = 7;
    more.reconnects = 8;
    more.node_reconnects.emplace("one", 9);
    more.version = "1.2.3-\"x\\\n";
    const auto seen = read(metrics, more);
    const std::string labels = "{queue_name=\"faas-request\",function_name=\"echo.openfaas-fn\"}";
    EXPECT_EQ(seen.at("queue_worker_pending_messages" + labels), 1);
    EXPECT_EQ(seen.at("queue_worker_messages_processed_total" + labels), 2);
    EXPECT_EQ(seen.at("queue_worker_messages_submitted_total" + labels), 3);
    EXPECT_EQ(seen.at("queue_worker_function_invocation_inflight" + labels), 4);
    EXPECT_EQ(seen.at("mote_gateway_open_connections"), 5);
    EXPECT_EQ(seen.at("mote_gateway_requests_in_flight"), 6);
    EXPECT_EQ(seen.at("http_requests_in_flight"), 6);
    EXPECT_EQ(seen.at("mote_gateway_log_lines_dropped_total"), 7);
    EXPECT_EQ(seen.at("gateway_nats_reconnect_total"), 8);
    EXPECT_EQ(seen.at("queue_worker_nats_reconnect_total{node=\"one\"}"), 9);
    EXPECT_EQ(seen.at("mote_build_info{version=\"1.2.3-_x__\"}"), 1);
    EXPECT_GT(seen.at("process_resident_memory_bytes"), 1e5);
    EXPECT_GT(seen.at("process_start_time_seconds"), 1.7e9);
    EXPECT_GE(seen.at("process_cpu_seconds_total"), 0);
}

TEST(gateway_metrics, counts_the_system_api_by_method_and_status) {
    gateway_metrics metrics;
    metrics.answered("GET", "/system/functions", 200, 2ms);
    metrics.answered("GET", "/system/info/", 200, 2ms);
    metrics.answered("MADE-UP", "/system/functions", 405, 1ms);
    metrics.answered("other", "/system/function/\"}\n1", 405, 1ms);
    metrics.answered("PUT", "/system/function/echo/pause", 202, 1ms);
    metrics.answered("PUT", "/system/function/tea/pause", 202, 1ms);
    metrics.answered("GET", "/system/nothing", 404, 1ms);
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at("http_requests_total{code=\"200\",method=\"GET\"}"), 2);
    EXPECT_EQ(seen.at("http_requests_total{code=\"405\",method=\"other\"}"), 2);
    EXPECT_DOUBLE_EQ(seen.at("http_request_duration_seconds_sum{code=\"200\",method=\"GET\"}"), 0.004);
    const auto at = [&seen](std::string_view code, std::string_view method, std::string_view path) {
        return seen.at("provider_http_requests_total{code=\"" + std::string(code) + "\",method=\"" +
                       std::string(method) + "\",path=\"" + std::string(path) + "\"}");
    };
    EXPECT_EQ(at("200", "GET", "/system/functions"), 1);
    EXPECT_EQ(at("200", "GET", "/system/info"), 1);
    EXPECT_EQ(at("405", "other", "/system/functions"), 1);
    EXPECT_EQ(at("405", "other", "/system/function/{name}"), 1);
    EXPECT_EQ(at("202", "PUT", "/system/function/{name}/pause"), 2);
    EXPECT_EQ(at("404", "GET", "other"), 1);
    EXPECT_DOUBLE_EQ(
        seen.at("provider_http_request_duration_seconds_sum{code=\"200\",method=\"GET\",path=\"/system/info\"}"),
        0.002);
}

TEST(gateway_metrics, counts_by_status_what_a_listener_refused) {
    gateway_metrics metrics;
    EXPECT_EQ(read(metrics).count("mote_gateway_requests_refused_total{code=\"400\"}"), 0U);
    for (const int status : {400, 429, 400}) metrics.refused(status);
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at("mote_gateway_requests_refused_total{code=\"400\"}"), 2);
    EXPECT_EQ(seen.at("mote_gateway_requests_refused_total{code=\"429\"}"), 1);
}

TEST(gateway_metrics, can_be_read_while_threads_count) {
    gateway_metrics metrics;
    constexpr int calls = 5000;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&metrics, t] {
                const auto handle = metrics.add(std::string(1, static_cast<char>('a' + t % 2)) + ".ns");
                for (int i = 0; i < calls; ++i) invocation(handle).finished(200 + i % 3);
            });
        for (int i = 0; i < 20; ++i) read(metrics);
    }
    const auto seen = read(metrics);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_started", "a.ns")), 2 * calls);
    EXPECT_EQ(seen.at(of("gateway_function_invocation_inflight", "a.ns")), 0);
    EXPECT_EQ(metrics.invocations("b.ns"), static_cast<std::uint64_t>(calls));
}

}  // namespace
}  // namespace mote::test
