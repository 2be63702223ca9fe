// Replies in the shapes of other implementations: what they leave out, what they add, how they write times.

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/found_service.hpp>
#include <tests/support/program.hpp>

#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace mote::micro::detail {
namespace {

using namespace std::chrono_literals;

TEST(micro_reply_of_others, nats_go_escapes_for_html_and_writes_null_for_no_metadata) {
    const auto info =
        parse_info_reply(R"({"name":"S","id":"i","version":"1.2.3","metadata":{"esc":"a\u003cb\u003e\u0026\"é\""},)"
                         R"("type":"io.nats.micro.v1.info_response","description":"",)"
                         R"("endpoints":[{"name":"echo","subject":"echo","queue_group":"","metadata":null}]})");
    EXPECT_EQ(info.metadata.at("esc"), "a<b>&\"é\"");
    EXPECT_EQ(info.endpoints.at(0).queue_group, "");
    EXPECT_TRUE(info.endpoints.at(0).metadata.empty());
    const auto stats = parse_stats_reply(
        R"({"name":"S","id":"i","version":"1.2.3","metadata":{},"type":"io.nats.micro.v1.stats_response",)"
        R"("started":"2026-11-24T00:18:33.540828322Z","endpoints":[{"name":"echo","subject":"echo","queue_group":"q",)"
        R"("num_requests":3,"num_errors":3,"last_error":"400:bad","processing_time":2935,)"
        R"("average_processing_time":978,"data":{"f":1.5,"n":42}}]})");
    EXPECT_EQ(stats.started, "2026-11-24T00:18:33.540828322Z");
    EXPECT_EQ(stats.endpoints.at(0).processing_time, 2935ns);
    EXPECT_EQ(stats.endpoints.at(0).last_error, "400:bad");
}

TEST(micro_reply_of_others, nats_c_leaves_out_what_is_empty_and_the_metadata_of_ping_and_stats) {
    const auto ping =
        parse_ping_reply(R"({"name":"S","version":"1.0.0","id":"i","type":"io.nats.micro.v1.ping_response"})");
    EXPECT_TRUE(ping.metadata.empty());
    const auto none =
        parse_info_reply(R"({"name":"S","version":"1.0.0","id":"i","metadata":{"k":"v"},"description":"c",)"
                         R"("type":"io.nats.micro.v1.info_response"})");
    EXPECT_TRUE(none.endpoints.empty());
    const auto info =
        parse_info_reply(R"({"name":"S","version":"1.0.0","id":"i","endpoints":[{"name":"e","subject":"e"}]})");
    EXPECT_EQ(info.endpoints.at(0).queue_group, "");
    const auto stats = parse_stats_reply(
        R"({"name":"S","version":"1.0.0","id":"i","started":"2026-11-24T00:18:33Z",)"
        R"("endpoints":[{"name":"e","subject":"e","num_requests":2,"num_errors":0,"average_processing_time":7}],)"
        R"("type":"io.nats.micro.v1.stats_response"})");
    EXPECT_EQ(stats.endpoints.at(0).requests, 2U);
    EXPECT_EQ(stats.endpoints.at(0).processing_time, 0ns);
    EXPECT_EQ(stats.endpoints.at(0).average_processing_time, 7ns);
}

TEST(micro_reply_of_others, nats_js_has_no_last_error_before_there_is_one) {
    const auto stats = parse_stats_reply(
        R"({"type":"io.nats.micro.v1.stats_response","name":"S","id":"i","version":"1.0.0","metadata":{},)"
        R"("started":"2026-11-24T00:18:33.540Z","endpoints":[{"name":"e","subject":"e","queue_group":"q",)"
        R"("num_requests":1,"num_errors":0,"processing_time":1000000,"average_processing_time":1000000.5}]})");
    EXPECT_EQ(stats.endpoints.at(0).last_error, "");
    EXPECT_EQ(stats.endpoints.at(0).processing_time, 1ms);
    EXPECT_EQ(stats.endpoints.at(0).average_processing_time, 1ms);
}

TEST(micro_reply_of_others, nats_java_leaves_out_zeros_and_adds_a_start_of_each_endpoint) {
    const auto stats = parse_stats_reply(
        R"({"id":"i","name":"S","version":"1.0.0","type":"io.nats.micro.v1.stats_response",)"
        R"("started":"2026-11-24T00:18:33.540828322Z","endpoints":[)"
        R"({"name":"quiet","subject":"quiet","queue_group":"q","started":"2026-11-24T00:18:33.540828322Z"},)"
        R"({"name":"busy","subject":"busy","queue_group":"q","num_requests":5,"processing_time":50,)"
        R"("average_processing_time":10,"num_errors":1,"last_error":"java.lang.RuntimeException: oops",)"
        R"("data":"text","started":"2026-11-24T00:18:33.540828322Z"}]})");
    EXPECT_EQ(stats.endpoints.at(0).requests, 0U);
    EXPECT_EQ(stats.endpoints.at(0).last_error, "");
    EXPECT_EQ(stats.endpoints.at(1).errors, 1U);
    EXPECT_EQ(stats.endpoints.at(1).last_error, "java.lang.RuntimeException: oops");
}

TEST(micro_reply_of_others, async_nats_writes_null_for_what_is_not_there) {
    const auto info = parse_info_reply(
        R"({"type":"io.nats.micro.v1.info_response","name":"S","id":"i","description":null,"version":"1.0.0",)"
        R"("metadata":{},"endpoints":[{"name":"e","subject":"e","queue_group":"q","metadata":{}}]})");
    EXPECT_EQ(info.description, "");
    const auto stats = parse_stats_reply(
        R"({"type":"io.nats.micro.v1.stats_response","name":"S","id":"i","version":"1.0.0",)"
        R"("started":"2026-11-24T00:18:33.540828322Z","endpoints":[{"name":"e","subject":"e","queue_group":"q",)"
        R"("num_requests":0,"num_errors":0,"processing_time":0,"average_processing_time":0,"last_error":null,"data":null}]})");
    EXPECT_EQ(stats.endpoints.at(0).last_error, "");
    EXPECT_FALSE(stats.endpoints.at(0).data);
}

TEST(micro_reply_of_others, nats_py_writes_null_for_metadata_and_data_that_are_not_there) {
    const auto info = parse_info_reply(
        R"({"type": "io.nats.micro.v1.info_response", "id": "i", "name": "S", "version": "1.0.0", )"
        R"("description": null, "endpoints": [{"name": "e", "subject": "e", "queue_group": "q", "metadata": null}], )"
        R"("metadata": {"k": "v"}})");
    EXPECT_EQ(info.description, "");
    EXPECT_EQ(info.metadata, (metadata{{"k", "v"}}));
    EXPECT_TRUE(info.endpoints.at(0).metadata.empty());
    const auto stats = parse_stats_reply(
        R"({"type": "io.nats.micro.v1.stats_response", "name": "S", "id": "i", "version": "1.0.0", )"
        R"("started": "2026-11-24T00:16:24.960Z", "endpoints": [{"name": "e", "subject": "e", "queue_group": "q", )"
        R"py("num_requests": 1, "num_errors": 1, "last_error": "RuntimeError('oops')", "processing_time": 79068, )py"
        R"("average_processing_time": 79068, "data": null}], "metadata": {"k": "v"}})");
    EXPECT_EQ(stats.started, "2026-11-24T00:16:24.960Z");
    EXPECT_EQ(stats.endpoints.at(0).last_error, "RuntimeError('oops')");
    EXPECT_FALSE(stats.endpoints.at(0).data);
}

TEST(micro_reply_of_others, nats_js_and_nats_java_leave_out_the_metadata_of_an_endpoint_without) {
    const auto info = parse_info_reply(
        R"({"type":"io.nats.micro.v1.info_response","name":"S","id":"i","version":"1.0.0","description":"d",)"
        R"("metadata":{},"endpoints":[{"subject":"g.e","name":"e","queue_group":"q"}]})");
    EXPECT_EQ(info.endpoints.at(0).subject, "g.e");
    EXPECT_TRUE(info.endpoints.at(0).metadata.empty());
}

TEST(micro_reply_of_others, nats_net_writes_times_with_seven_digits) {
    const auto stats = parse_stats_reply(
        R"({"endpoints":[{"name":"e","subject":"e","queue_group":"q","num_requests":1,"num_errors":1,)"
        R"("last_error":"Handler error 999","data":null,"processing_time":100,"average_processing_time":100}],)"
        R"("started":"2026-11-24T00:18:33.5408283Z","type":"io.nats.micro.v1.stats_response","name":"S","id":"i",)"
        R"("version":"1.0.0","metadata":{}})");
    EXPECT_EQ(stats.started, "2026-11-24T00:18:33.5408283Z");
    EXPECT_EQ(stats.endpoints.at(0).last_error, "Handler error 999");
}

TEST(micro_reply_of_others, endpoints_of_all_of_them_can_be_merged) {
    found_service service;
    service.add(parse_info_reply(R"({"name":"S","id":"go","version":"1.0.0",)"
                                 R"("endpoints":[{"name":"e","subject":"e","queue_group":"q","metadata":null}]})"));
    service.add(
        parse_info_reply(R"({"name":"S","id":"c","endpoints":[{"name":"e","subject":"e","queue_group":"q"}]})"));
    service.add(parse_info_reply(R"({"name":"S","id":"empty"})"));
    EXPECT_EQ(service.instances.size(), 3U);
    ASSERT_EQ(service.endpoints.size(), 1U);
    EXPECT_EQ(service.endpoints[0].ids, (std::vector<std::string>{"go", "c"}));
}

TEST(micro_reply_of_others, what_was_recorded_can_be_read) {
    const auto shared = test::shared_directory();
    if (!shared) GTEST_SKIP() << "no recorded vectors beside the checkout";
    std::ifstream file(*shared / "vectors" / "other-impl" / "nats.py.txt");
    ASSERT_TRUE(file);
    std::size_t pings = 0;
    std::size_t infos = 0;
    std::size_t stats = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.find("ping_response\"") != std::string::npos && line.starts_with('{')) {
            EXPECT_EQ(parse_ping_reply(line).name, "pysvc");
            ++pings;
        } else if (line.find("info_response\"") != std::string::npos && line.starts_with('{')) {
            EXPECT_EQ(parse_info_reply(line).endpoints.size(), 6U);
            ++infos;
        } else if (line.find("stats_response\"") != std::string::npos && line.starts_with('{')) {
            EXPECT_EQ(parse_stats_reply(line).endpoints.size(), 6U);
            ++stats;
        }
    }
    EXPECT_GT(pings, 0U);
    EXPECT_GT(infos, 0U);
    EXPECT_GT(stats, 1U);
}

}  // namespace
}  // namespace mote::micro::detail
