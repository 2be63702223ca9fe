#include <mote/jetstream/detail/stream_json.hpp>
#include <mote/jetstream/stream.hpp>
#include <tests/jetstream/json_object.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

stream_config read_back(const stream_config& config) {
    json::object reply;
    reply["config"] = to_json(config);
    return parse_stream_info(reply).config;
}

stream_config plain() {
    stream_config config;
    config.name = "S";
    return config;
}

stream_source orders_of_hub() {
    stream_source source;
    source.name = "ORDERS";
    source.start_time = "2026-01-01T00:00:00Z";
    source.filter_subject = "orders.eu";
    source.api_prefix = "$JS.hub.API";
    return source;
}

TEST(usual_duplicate_window, is_two_minutes_unless_messages_go_sooner) {
    EXPECT_EQ(usual_duplicate_window(0ns), 2min);
    EXPECT_EQ(usual_duplicate_window(1h), 2min);
    EXPECT_EQ(usual_duplicate_window(2min), 2min);
    EXPECT_EQ(usual_duplicate_window(1s), 1s);
}

TEST(stream_config_json, says_nothing_of_what_is_not_used) {
    const auto made = to_json(plain());
    for (const auto* const each : {"mirror", "sources", "mirror_direct", "subject_transform", "first_seq",
                                   "discard_new_per_subject", "no_ack", "consumer_limits", "allow_msg_counter",
                                   "allow_atomic", "allow_msg_schedules", "persist_mode", "allow_batched"})
        EXPECT_FALSE(made.contains(each)) << each;
}

TEST(stream_config_json, says_what_a_mirror_copies) {
    auto config = plain();
    config.mirror.emplace();
    config.mirror->name = "ORDERS";
    EXPECT_EQ(to_json(config).at("mirror"), object(R"({"name":"ORDERS"})"));
    config.mirror->start_sequence = 7;
    EXPECT_EQ(to_json(config).at("mirror"), object(R"({"name":"ORDERS","opt_start_seq":7})"));
    EXPECT_EQ(read_back(config).mirror, config.mirror);
}

TEST(stream_config_json, says_what_its_sources_are) {
    auto config = plain();
    config.sources.push_back(orders_of_hub());
    stream_source other;
    other.name = "RETURNS";
    other.transforms = {{"returns.*", "orders.back.{{wildcard(1)}}"}, {"lost", ""}};
    other.consumer = "mover";
    other.consumer_subject = "moved";
    config.sources.push_back(other);
    EXPECT_EQ(to_json(config).at("sources"),
              json::array({object(R"({"name":"ORDERS","opt_start_time":"2026-01-01T00:00:00Z",
                  "filter_subject":"orders.eu","external":{"api":"$JS.hub.API","deliver":""}})"),
                           object(R"({"name":"RETURNS","subject_transforms":[
                  {"src":"returns.*","dest":"orders.back.{{wildcard(1)}}"},{"src":"lost","dest":""}],
                  "consumer":{"name":"mover","deliver_subject":"moved"}})")}))
        << json::serialize(to_json(config));
    EXPECT_EQ(read_back(config).sources, config.sources);
}

TEST(stream_config_json, says_how_a_stream_of_another_account_is_reached) {
    auto config = plain();
    config.sources.resize(2);
    config.sources[0].name = "ORDERS";
    config.sources[0].api_prefix = "orders.api";
    config.sources[0].deliver_prefix = "orders.deliver";
    config.sources[1].name = "RETURNS";
    config.sources[1].deliver_prefix = "returns.deliver";
    EXPECT_EQ(to_json(config).at("sources"),
              json::array({object(R"({"name":"ORDERS","external":{"api":"orders.api","deliver":"orders.deliver"}})"),
                           object(R"({"name":"RETURNS","external":{"api":"","deliver":"returns.deliver"}})")}))
        << json::serialize(to_json(config));
    EXPECT_EQ(read_back(config).sources, config.sources);
}

TEST(stream_config_json, has_the_newer_members_under_their_names) {
    auto config = plain();
    config.subject_transform.emplace();
    config.subject_transform->source = "a.*";
    config.subject_transform->destination = "b.{{wildcard(1)}}";
    config.first_sequence = 100;
    config.consumer_limits.inactive_threshold = 1s;
    config.consumer_limits.max_ack_pending = 7;
    config.mirror_direct = true;
    config.discard_new_per_subject = true;
    config.no_ack = true;
    config.allow_message_counter = true;
    config.allow_atomic_publish = true;
    config.allow_message_schedules = true;
    config.persist = persist_mode::asynchronous;
    config.allow_batch_publish = true;
    auto expected = to_json(plain());
    for (const auto& [key, value] : object(R"({"subject_transform":{"src":"a.*","dest":"b.{{wildcard(1)}}"},
        "first_seq":100,"consumer_limits":{"inactive_threshold":1000000000,"max_ack_pending":7},
        "mirror_direct":true,"discard_new_per_subject":true,"no_ack":true,"allow_msg_counter":true,
        "allow_atomic":true,"allow_msg_schedules":true,"persist_mode":"async","allow_batched":true})"))
        expected[key] = value;
    EXPECT_EQ(to_json(config), expected) << json::serialize(to_json(config));
    EXPECT_EQ(to_json(read_back(config)), expected);
}

TEST(stream_config_json, keeps_what_it_does_not_model_of_a_source_that_stays) {
    auto current = object(R"({"name":"S","mirror":{"name":"M","later":{"x":1}},
        "sources":[{"name":"A","later":{"x":2}},{"name":"B","later":{"x":3}}]})");
    auto config = plain();
    config.mirror.emplace();
    config.mirror->name = "M";
    config.sources.resize(3);
    config.sources[0].name = "C";
    config.sources[1].name = "B";
    config.sources[2].name = "A";
    config.sources[2].start_sequence = 2;  // another one than it was
    overlay(current, config);
    EXPECT_EQ(current.at("mirror"), object(R"({"name":"M","later":{"x":1}})"));
    EXPECT_EQ(current.at("sources"), json::array({object(R"({"name":"C"})"), object(R"({"name":"B","later":{"x":3}})"),
                                                  object(R"({"name":"A","opt_start_seq":2})")}))
        << json::serialize(current);
    overlay(current, plain());
    EXPECT_FALSE(current.contains("mirror"));
    EXPECT_FALSE(current.contains("sources"));
}

TEST(stream_config_json, names_the_member_of_a_source_that_is_of_a_wrong_type) {
    const auto failure = [](std::string_view reply) -> std::string {
        try {
            parse_stream_info(object(reply));
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_reply);
            return failed.what();
        }
        return "nothing was thrown";
    };
    const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != text.npos; };
    const auto second = failure(R"({"config":{"sources":[{},{"opt_start_seq":"x"}]}})");
    EXPECT_TRUE(has(second, "stream.config.sources[1].opt_start_seq: not a number")) << second;
    const auto none = failure(R"({"config":{"sources":[null]}})");
    EXPECT_TRUE(has(none, "stream.config.sources: not an array of objects")) << none;
    const auto one = failure(R"({"config":{"sources":{}}})");
    EXPECT_TRUE(has(one, "stream.config.sources: not an array")) << one;
    const auto mode = failure(R"({"config":{"persist_mode":"never"}})");
    EXPECT_TRUE(has(mode, "persist_mode: not a known value: never")) << mode;
}

}  // namespace
}  // namespace mote::jetstream::detail
