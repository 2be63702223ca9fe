// The replies to $SRV requests as others write them.

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/micro/service_error.hpp>
#include <tests/jetstream/live_test.hpp>

namespace mote::micro::detail {
namespace {

using namespace std::chrono_literals;

/// The text of the `errc::bad_reply` that a parser throws.
template <class Parse>
std::string refusal(Parse parse, std::string_view text) {
    const auto failed = test::failure_at_once([&] { parse(text); });
    EXPECT_EQ(failed.code, errc::bad_reply) << text;
    return failed.text;
}

TEST(micro_reply, reads_what_we_write) {
    service_info info;
    info.name = "S";
    info.id = "i";
    info.version = "1.0.0";
    info.description = "does \"it\"";
    info.metadata = {{"k", "v"}};
    info.endpoints.resize(2);
    info.endpoints[0] = {"a", "x.a", "q", {{"mote.kind", "event"}}};
    info.endpoints[1] = {"b", "x.*", "", {}};
    const auto read = parse_info_reply(info_json(info));
    EXPECT_EQ(info_json(read), info_json(info));
    EXPECT_EQ(read.endpoints[0].metadata.at("mote.kind"), "event");

    service_stats stats;
    stats.name = "S";
    stats.id = "i";
    stats.version = "1.0.0";
    stats.started = "2026-11-24T00:07:20Z";
    stats.endpoints.resize(1);
    stats.endpoints[0].name = "a";
    stats.endpoints[0].requests = 3;
    stats.endpoints[0].processing_time = 12ms;
    stats.endpoints[0].data = R"({"n":1})";
    EXPECT_EQ(stats_json(parse_stats_reply(stats_json(stats))), stats_json(stats));
}

TEST(micro_reply, reads_nats_py_with_its_blanks_its_order_and_its_nulls) {
    const auto read = parse_info_reply(
        R"({"type": "io.nats.micro.v1.info_response", "id": "4cHdcLxi23fS4X66YQcSyj", "name": "pysvc", "version": "1.2.3", )"
        R"("description": "py", "endpoints": [{"name": "echo", "subject": "echo", "queue_group": "q", "metadata": null}, )"
        R"({"name": "grp", "subject": "g1.grp", "queue_group": "q", "metadata": {"em": "ev"}}], "metadata": {"k": "v"}})");
    EXPECT_EQ(read.name, "pysvc");
    EXPECT_EQ(read.metadata.at("k"), "v");
    ASSERT_EQ(read.endpoints.size(), 2U);
    EXPECT_TRUE(read.endpoints[0].metadata.empty());
    EXPECT_EQ(read.endpoints[1].metadata.at("em"), "ev");
}

TEST(micro_reply, takes_members_that_are_missing_or_null_for_their_defaults) {
    for (
        const std::string text :
        {R"({"name":"S","id":"i"})",
         R"({"name":"S","id":"i","version":null,"metadata":null,"type":null,"description":null,"endpoints":null,"started":null})"}) {
        const auto info = parse_info_reply(text);
        EXPECT_EQ(info.name, "S");
        EXPECT_TRUE(info.description.empty());
        EXPECT_TRUE(info.endpoints.empty());
        EXPECT_TRUE(parse_stats_reply(text).endpoints.empty());
        EXPECT_EQ(parse_ping_reply(text).id, "i");
    }
    const auto stats =
        parse_stats_reply(R"({"name":"S","id":"i","endpoints":[{},{"name":"e","last_error":null,"data":null}]})");
    ASSERT_EQ(stats.endpoints.size(), 2U);
    EXPECT_EQ(stats.endpoints[0].requests, 0U);
    EXPECT_EQ(stats.endpoints[1].name, "e");
    EXPECT_FALSE(stats.endpoints[1].data);
}

TEST(micro_reply, skips_members_that_it_does_not_know) {
    const auto stats = parse_stats_reply(
        R"({"name":"S","id":"i","future":[1],"endpoints":[{"name":"e","started":"2026","num_requests":7,"more":{}}]})");
    EXPECT_EQ(stats.endpoints.at(0).requests, 7U);
}

TEST(micro_reply, keeps_data_of_any_type_as_text) {
    const auto data_of = [](const std::string& data) {
        return parse_stats_reply(R"({"name":"S","id":"i","endpoints":[{"data":)" + data + "}]}").endpoints.at(0).data;
    };
    EXPECT_EQ(data_of(R"({"n": 1})"), R"({"n":1})");
    EXPECT_EQ(data_of(R"("hello")"), R"("hello")");
    EXPECT_EQ(data_of("42"), "42");
}

TEST(micro_reply, reads_numbers_of_any_size_and_cuts_fractions_off) {
    const auto time_of = [](const std::string& number) {
        return parse_stats_reply(R"({"name":"S","id":"i","endpoints":[{"processing_time":)" + number + "}]}")
            .endpoints.at(0)
            .processing_time;
    };
    EXPECT_EQ(time_of("1500000"), 1500us);
    EXPECT_EQ(time_of("12.9"), 12ns);
    EXPECT_EQ(time_of("-5"), -5ns);
    EXPECT_EQ(time_of("18446744073709551615"), std::chrono::nanoseconds::max());
    EXPECT_EQ(time_of("1e300"), std::chrono::nanoseconds::max());
}

TEST(micro_reply, names_the_path_of_what_is_wrong) {
    const auto endpoint = [](const std::string& members) {
        return R"({"name":"S","id":"i","endpoints":[{},{)" + members + "}]}";
    };
    const auto info = [](std::string_view text) { return refusal(parse_info_reply, text); };
    const auto stats = [](std::string_view text) { return refusal(parse_stats_reply, text); };
    using test::contains;
    EXPECT_TRUE(contains(info(R"({"name":1,"id":"i"})"), "name: not a string"));
    EXPECT_TRUE(contains(info(R"({"id":"i"})"), "name: missing"));
    EXPECT_TRUE(contains(info(R"({"name":"S","id":""})"), "id: missing"));
    EXPECT_TRUE(contains(info(R"({"name":"S","id":"i","metadata":[]})"), "metadata: not an object"));
    EXPECT_TRUE(contains(info(R"({"name":"S","id":"i","metadata":{"k":1}})"), "metadata.k: not a string"));
    EXPECT_TRUE(contains(info(R"({"name":"S","id":"i","endpoints":{}})"), "endpoints: not an array"));
    EXPECT_TRUE(contains(info(R"({"name":"S","id":"i","endpoints":[1]})"), "endpoints[0]: not an object"));
    EXPECT_TRUE(contains(info(endpoint(R"("subject":true)")), "endpoints[1].subject: not a string"));
    EXPECT_TRUE(contains(info(endpoint(R"("metadata":{"k":[]})")), "endpoints[1].metadata.k: not a string"));
    EXPECT_TRUE(contains(stats(endpoint(R"("num_requests":"7")")), "endpoints[1].num_requests: not a number"));
    EXPECT_TRUE(contains(stats(endpoint(R"("num_errors":-1)")), "endpoints[1].num_errors: not a count"));
}

TEST(micro_reply, refuses_what_is_no_reply_at_all) {
    using test::contains;
    for (const std::string text : {"", "hello", "[]", "1", "{\"name\":\"S\"", "null"}) {
        refusal(parse_ping_reply, text);
        refusal(parse_info_reply, text);
        refusal(parse_stats_reply, text);
    }
    const std::string ping = R"({"name":"S","id":"i","type":"io.nats.micro.v1.ping_response"})";
    EXPECT_EQ(parse_ping_reply(ping).name, "S");
    EXPECT_TRUE(contains(refusal(parse_info_reply, ping), "type: is io.nats.micro.v1.ping_response"));
}

}  // namespace
}  // namespace mote::micro::detail
