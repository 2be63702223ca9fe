// The bytes of the replies to $SRV requests, as they were recorded of nats.go.

#include <mote/micro/detail/wire.hpp>

#include <gtest/gtest.h>

namespace mote::micro::detail {
namespace {

using namespace std::chrono_literals;

service_info some_info() {
    service_info info;
    info.name = "Conformance";
    info.id = "kBleNERnb5K3kOy3NIsaAi";
    info.version = "1.2.3";
    info.description = "Conformance reference service";
    info.metadata = {{"zone", "eu-1"}, {"owner", "lab"}};
    return info;
}

TEST(micro_wire, ping_is_the_identity) {
    EXPECT_EQ(ping_json(some_info()),
              R"({"name":"Conformance","id":"kBleNERnb5K3kOy3NIsaAi","version":"1.2.3",)"
              R"("metadata":{"owner":"lab","zone":"eu-1"},"type":"io.nats.micro.v1.ping_response"})");
}

TEST(micro_wire, info_adds_the_description_and_the_endpoints) {
    auto info = some_info();
    endpoint_info endpoint;
    endpoint.name = "deep";
    endpoint.subject = "g1.sub.deep.*.x";
    endpoint.queue_group = "q";
    info.endpoints.push_back(endpoint);
    EXPECT_EQ(info_json(info),
              R"({"name":"Conformance","id":"kBleNERnb5K3kOy3NIsaAi","version":"1.2.3",)"
              R"("metadata":{"owner":"lab","zone":"eu-1"},"type":"io.nats.micro.v1.info_response",)"
              R"("description":"Conformance reference service",)"
              R"("endpoints":[{"name":"deep","subject":"g1.sub.deep.*.x","queue_group":"q","metadata":{}}]})");
}

TEST(micro_wire, what_is_not_there_is_empty_and_never_null) {
    service_info info;
    info.name = "min";
    info.id = "i";
    info.version = "0.0.0";
    EXPECT_EQ(info_json(info),
              R"({"name":"min","id":"i","version":"0.0.0","metadata":{},"type":"io.nats.micro.v1.info_response",)"
              R"("description":"","endpoints":[]})");
}

service_stats some_stats() {
    service_stats stats;
    stats.name = "S";
    stats.id = "i";
    stats.version = "1.0.0";
    stats.started = "2026-11-24T00:07:20.733543603Z";
    endpoint_stats endpoint;
    endpoint.name = "echo";
    endpoint.subject = "echo";
    endpoint.requests = 3;
    endpoint.errors = 1;
    endpoint.last_error = "400:a \"b\"\r\n";
    endpoint.processing_time = 38757ns;
    endpoint.average_processing_time = 12919ns;
    stats.endpoints.push_back(endpoint);
    return stats;
}

constexpr std::string_view stats_head =
    R"({"name":"S","id":"i","version":"1.0.0","metadata":{},"type":"io.nats.micro.v1.stats_response",)"
    R"("started":"2026-11-24T00:07:20.733543603Z","endpoints":[)";
constexpr std::string_view echo_head =
    R"({"name":"echo","subject":"echo","queue_group":"","num_requests":3,"num_errors":1,"last_error":"400:a \"b\"\r\n",)"
    R"("processing_time":38757,"average_processing_time":12919)";

TEST(micro_wire, stats_have_the_counters_of_each_endpoint) {
    const auto expected = std::string(stats_head) + std::string(echo_head) + "}]}";
    EXPECT_EQ(stats_json(some_stats()), expected);
}

TEST(micro_wire, is_json_whatever_bytes_a_request_brought_into_it) {
    auto stats = some_stats();
    stats.endpoints.front().last_error = "400:unknown id \xff\xc3(";
    const auto text = stats_json(stats);
    EXPECT_TRUE(is_json_object(text)) << text;
    EXPECT_NE(text.find("400:unknown id \xef\xbf\xbd\xef\xbf\xbd("), std::string::npos) << text;
    auto info = some_info();
    info.description = "\xff";
    info.metadata["\xfe"] = "\xfd";
    EXPECT_TRUE(is_json_object(info_json(info))) << info_json(info);
}

TEST(micro_wire, stats_divide_endpoints_by_commas_and_may_have_none) {
    auto stats = some_stats();
    stats.endpoints.push_back(stats.endpoints.front());
    const auto two = std::string(stats_head) + std::string(echo_head) + "}," + std::string(echo_head) + "}]}";
    EXPECT_EQ(stats_json(stats), two);
    stats.endpoints.clear();
    EXPECT_EQ(stats_json(stats), std::string(stats_head) + "]}");
}

TEST(micro_wire, data_stays_as_its_author_wrote_it) {
    auto stats = some_stats();
    stats.endpoints.front().data = R"({"f":1.5,"n":42,"big":12345678901234567890123})";
    EXPECT_EQ(stats_json(stats), std::string(stats_head) + std::string(echo_head) +
                                     R"(,"data":{"f":1.5,"n":42,"big":12345678901234567890123}}]})");
}

TEST(micro_wire, data_that_is_no_object_is_left_out) {
    const auto expected = std::string(stats_head) + std::string(echo_head) + "}]}";
    for (const std::string bad : {"42", "\"text\"", "[]", "null", "{", "{} {}", "nonsense"}) {
        auto stats = some_stats();
        stats.endpoints.front().data = bad;
        EXPECT_EQ(stats_json(stats), expected) << bad;
    }
}

TEST(micro_wire, a_time_has_nanoseconds_without_trailing_zeros) {
    const std::chrono::sys_seconds whole(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 7min + 20s);
    const auto at = [&](std::chrono::nanoseconds fraction) {
        return utc_text(std::chrono::time_point_cast<std::chrono::system_clock::duration>(whole + fraction));
    };
    EXPECT_EQ(at(0ns), "2026-11-24T00:07:20Z");
    EXPECT_EQ(at(733543603ns), "2026-11-24T00:07:20.733543603Z");
    EXPECT_EQ(at(120000000ns), "2026-11-24T00:07:20.12Z");
    EXPECT_EQ(at(1ns), "2026-11-24T00:07:20.000000001Z");
}

}  // namespace
}  // namespace mote::micro::detail
