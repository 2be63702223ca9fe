// What Prometheus reads of services.

#include <mote/micro/prometheus.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

namespace mote::micro {
namespace {

using namespace std::chrono_literals;

service_stats instance(std::string id) {
    service_stats service;
    service.name = "Orders";
    service.id = std::move(id);
    service.version = "1.2.3";
    return service;
}

/// As other frameworks tell it.
endpoint_stats plain_endpoint(std::string name) {
    endpoint_stats endpoint;
    endpoint.subject = "orders." + name;
    endpoint.name = std::move(name);
    endpoint.requests = 4;
    endpoint.errors = 1;
    endpoint.processing_time = 8ms;
    return endpoint;
}

endpoint_stats our_endpoint(std::string name) {
    auto endpoint = plain_endpoint(std::move(name));
    endpoint.in_flight = 5;
    endpoint.waiting = 6;
    endpoint.unanswered = 7;
    endpoint.rejected = 8;
    endpoint.dropped = 9;
    endpoint.expired = 10;
    endpoint.bytes_in = 11;
    endpoint.bytes_out = 12;
    endpoint.pending = 13;
    endpoint.redelivered = 14;
    endpoint.dead = 15;
    endpoint.latency.p50 = 1ms;
    endpoint.latency.p90 = 1500us;
    endpoint.latency.p99 = 1s;
    endpoint.latency.max = 61s + 1ns;
    return endpoint;
}

std::vector<std::string> metric_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

bool has_line(const std::string& text, const std::string& line) {
    const auto lines = metric_lines(text);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST(prometheus_text, is_empty_without_services) { EXPECT_EQ(prometheus_text({}), ""); }

TEST(prometheus_text, tells_of_a_service_without_endpoints_that_it_is_there) {
    const std::vector services{instance("a")};
    EXPECT_EQ(prometheus_text(services),
              "# HELP mote_service_info An instance of a service; always 1.\n"
              "# TYPE mote_service_info gauge\n"
              "mote_service_info{service=\"Orders\",version=\"1.2.3\",id=\"a\"} 1\n");
}

TEST(prometheus_text, tells_of_others_what_every_framework_counts_and_makes_nothing_up) {
    std::vector services{instance("a")};
    services[0].endpoints = {plain_endpoint("new")};
    const std::string labels = R"({service="Orders",version="1.2.3",id="a",endpoint="new",subject="orders.new"} )";
    EXPECT_EQ(
        prometheus_text(services),
        "# HELP mote_service_info An instance of a service; always 1.\n"
        "# TYPE mote_service_info gauge\n"
        "mote_service_info{service=\"Orders\",version=\"1.2.3\",id=\"a\"} 1\n"
        "# HELP mote_service_requests_total Requests that the endpoint began to handle.\n"
        "# TYPE mote_service_requests_total counter\n"
        "mote_service_requests_total" +
            labels +
            "4\n"
            "# HELP mote_service_errors_total Requests that ended with an error.\n"
            "# TYPE mote_service_errors_total counter\n"
            "mote_service_errors_total" +
            labels +
            "1\n"
            "# HELP mote_service_processing_seconds_total Time until requests were answered and their handlers had "
            "ended.\n"
            "# TYPE mote_service_processing_seconds_total counter\n"
            "mote_service_processing_seconds_total" +
            labels + "0.008\n");
}

TEST(prometheus_text, tells_the_load_of_ours) {
    std::vector services{instance("a")};
    services[0].endpoints = {our_endpoint("new"), plain_endpoint("unused")};
    const auto text = prometheus_text(services);
    const std::string labels = R"({service="Orders",version="1.2.3",id="a",endpoint="new",subject="orders.new")";
    for (const std::string sample :
         {"in_flight 5", "waiting 6", "unanswered_total 7", "rejected_total 8", "dropped_total 9", "expired_total 10",
          "received_bytes_total 11", "sent_bytes_total 12", "pending 13", "redelivered_total 14", "dead_total 15",
          "latency_max_seconds 61.000000001"}) {
        const auto blank = sample.find(' ');
        const std::string name = "mote_service_" + sample.substr(0, blank);
        EXPECT_TRUE(has_line(text, name + labels + "}" + sample.substr(blank))) << sample << "\n" << text;
        const std::string kind = name.ends_with("_total") ? "counter" : "gauge";
        EXPECT_TRUE(has_line(text, "# TYPE " + name + " " + kind)) << name;
        EXPECT_EQ(text.find(name + R"({service="Orders",version="1.2.3",id="a",endpoint="unused")"), std::string::npos)
            << "an endpoint that tells no load has none: " << name;
    }
    EXPECT_TRUE(has_line(text, "# TYPE mote_service_latency_seconds gauge"));
    EXPECT_TRUE(has_line(text, "mote_service_latency_seconds" + labels + R"(,quantile="0.5"} 0.001)"));
    EXPECT_TRUE(has_line(text, "mote_service_latency_seconds" + labels + R"(,quantile="0.9"} 0.0015)"));
    EXPECT_TRUE(has_line(text, "mote_service_latency_seconds" + labels + R"(,quantile="0.99"} 1)"));
}

TEST(prometheus_text, has_no_quantiles_before_there_were_enough_requests) {
    std::vector services{instance("a")};
    services[0].endpoints = {our_endpoint("new")};
    services[0].endpoints[0].latency.p50.reset();
    services[0].endpoints[0].latency.p90.reset();
    services[0].endpoints[0].latency.p99.reset();
    const auto text = prometheus_text(services);
    EXPECT_EQ(text.find("mote_service_latency_seconds"), std::string::npos);
    EXPECT_NE(text.find("mote_service_latency_max_seconds{"), std::string::npos);
}

TEST(prometheus_text, keeps_each_family_together_and_says_no_sample_twice) {
    std::vector services{instance("a"), instance("b"), instance("a")};
    for (auto& each : services) each.endpoints = {our_endpoint("new"), our_endpoint("old"), our_endpoint("new")};
    std::vector<std::string> families;
    std::vector<std::string> samples;
    for (const auto& line : metric_lines(prometheus_text(services))) {
        if (line.starts_with("# TYPE ")) families.push_back(line.substr(7, line.rfind(' ') - 7));
        if (line.starts_with("#")) continue;
        samples.push_back(line.substr(0, line.rfind(' ')));
        EXPECT_EQ(line.substr(0, line.find('{')), families.back()) << line;
    }
    const auto are_different = [](std::vector<std::string> names) {
        std::sort(names.begin(), names.end());
        return std::adjacent_find(names.begin(), names.end()) == names.end();
    };
    EXPECT_TRUE(are_different(families));
    EXPECT_TRUE(are_different(samples));
    EXPECT_EQ(families.size(), 17u);
    EXPECT_EQ(samples.size(), 2u + 4u * (15u + 3u)) << "two instances with two endpoints";
}

TEST(prometheus_text, escapes_what_labels_cannot_have) {
    std::vector services{instance("a")};
    services[0].endpoints = {plain_endpoint("new")};
    auto& subject = services[0].endpoints[0].subject;
    const auto labelled = [&](const std::string& escaped) {
        return has_line(
            prometheus_text(services),
            R"(mote_service_errors_total{service="Orders",version="1.2.3",id="a",endpoint="new",subject=")" + escaped +
                "\"} 1");
    };
    subject = "a\"b\\c\nd";
    EXPECT_TRUE(labelled(R"(a\"b\\c\nd)"));
    subject = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
    EXPECT_TRUE(labelled(subject)) << "UTF-8 stays";
    const std::string bad = "\xef\xbf\xbd";
    subject =
        "a\xff"
        "b";
    EXPECT_TRUE(labelled("a" + bad + "b"));
    subject = "\xe2\x82";
    EXPECT_TRUE(labelled(bad + bad)) << "cut off";
    subject = "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80";
    EXPECT_TRUE(labelled(bad + bad + " " + bad + bad + bad + " " + bad + bad + bad + bad))
        << "overlong, a surrogate, beyond the last character";
    subject = "";
    EXPECT_TRUE(labelled(""));
}

TEST(prometheus_text, shows_times_exactly_whatever_others_send) {
    std::vector services{instance("a")};
    services[0].endpoints = {plain_endpoint("new")};
    const auto shown = [&](std::chrono::nanoseconds time) {
        services[0].endpoints[0].processing_time = time;
        const auto text = prometheus_text(services);
        return text.substr(text.rfind(' ') + 1);
    };
    EXPECT_EQ(shown(0ns), "0\n");
    EXPECT_EQ(shown(1ns), "0.000000001\n");
    EXPECT_EQ(shown(2500ms), "2.5\n");
    EXPECT_EQ(shown(std::chrono::nanoseconds::max()), "9223372036.854775807\n");
    EXPECT_EQ(shown(-1500ms), "-1.5\n");
    EXPECT_EQ(shown(std::chrono::nanoseconds::min()), "-9223372036.854775808\n");
}

}  // namespace
}  // namespace mote::micro
