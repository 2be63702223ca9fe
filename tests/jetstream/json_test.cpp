#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/stream_json.hpp>
#include <tests/jetstream/json_object.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string failure_text(std::string_view reply) {
    try {
        parse_stream_info(object(reply));
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), errc::bad_reply);
        return failed.what();
    }
    return "nothing was thrown";
}

stream_config bucket_stream() {
    stream_config config;
    config.name = "KV_hacker_news";
    config.subjects = {"$KV.hacker_news.>"};
    config.discard = discard_policy::new_messages;
    config.max_age = 1h;
    config.max_messages_per_subject = 1;
    config.duplicate_window = 2min;
    config.deny_delete = true;
    config.allow_rollup = true;
    config.allow_direct = true;
    return config;
}

TEST(stream_json, has_the_members_of_the_api) {
    const auto expected = object(R"({"name":"KV_hacker_news","subjects":["$KV.hacker_news.>"],"retention":"limits",
        "max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"discard":"new","max_age":3600000000000,
        "max_msgs_per_subject":1,"max_msg_size":-1,"storage":"file","num_replicas":1,"duplicate_window":120000000000,
        "deny_delete":true,"allow_rollup_hdrs":true,"allow_direct":true})");
    EXPECT_EQ(to_json(bucket_stream()), expected) << json::serialize(to_json(bucket_stream()));
}

TEST(stream_json, leaves_out_what_old_servers_do_not_know) {
    auto config = bucket_stream();
    EXPECT_FALSE(to_json(config).contains("compression"));
    EXPECT_FALSE(to_json(config).contains("metadata"));
    EXPECT_FALSE(to_json(config).contains("allow_msg_ttl"));
    EXPECT_FALSE(to_json(config).contains("subject_delete_marker_ttl"));
    config.compressed = true;
    config.metadata["team"] = "a";
    EXPECT_EQ(to_json(config).at("compression"), "s2");
    EXPECT_EQ(to_json(config).at("metadata"), object(R"({"team":"a"})"));
    config.allow_message_ttl = true;
    config.subject_delete_marker_ttl = 5s;
    EXPECT_EQ(to_json(config).at("allow_msg_ttl"), true);
    EXPECT_EQ(to_json(config).at("subject_delete_marker_ttl"), 5'000'000'000);
}

TEST(stream_json, says_where_the_stream_is_and_where_its_copies_go) {
    auto config = bucket_stream();
    EXPECT_FALSE(to_json(config).contains("placement"));
    EXPECT_FALSE(to_json(config).contains("republish"));
    config.placement.tags = {"ssd", "eu"};
    EXPECT_EQ(to_json(config).at("placement"), object(R"({"tags":["ssd","eu"]})"));
    config.placement.cluster = "c1";
    EXPECT_EQ(to_json(config).at("placement"), object(R"({"cluster":"c1","tags":["ssd","eu"]})"));
    republish copies;
    copies.destination = "copy.>";
    config.republish = copies;
    EXPECT_EQ(to_json(config).at("republish"), object(R"({"dest":"copy.>"})"));
    config.republish->source = ">";
    config.republish->headers_only = true;
    EXPECT_EQ(to_json(config).at("republish"), object(R"({"src":">","dest":"copy.>","headers_only":true})"));
}

TEST(stream_json, knows_every_policy) {
    auto config = bucket_stream();
    config.retention = retention_policy::work_queue;
    config.storage = storage_type::memory;
    config.discard = discard_policy::old_messages;
    config.deny_purge = true;
    config.sealed = true;
    config.description = "d";
    const auto made = to_json(config);
    EXPECT_EQ(made.at("retention"), "workqueue");
    EXPECT_EQ(made.at("storage"), "memory");
    EXPECT_EQ(made.at("discard"), "old");
    EXPECT_EQ(made.at("deny_purge"), true);
    EXPECT_EQ(made.at("sealed"), true);
    EXPECT_EQ(made.at("description"), "d");
    config.retention = retention_policy::interest;
    EXPECT_EQ(to_json(config).at("retention"), "interest");
}

TEST(stream_json, is_read_back_as_it_was) {
    auto config = bucket_stream();
    config.description = "posts \"of\" the day";
    config.compressed = true;
    config.metadata = {{"a", "1"}, {"b", ""}};
    config.max_bytes = 1 << 20;
    config.max_message_size = 1024;
    config.placement.cluster = "c1";
    config.placement.tags = {"ssd"};
    config.republish.emplace();
    config.republish->source = ">";
    config.republish->destination = "copy.>";
    config.allow_message_ttl = true;
    config.subject_delete_marker_ttl = 5s;
    json::object reply;
    reply["config"] = to_json(config);
    EXPECT_EQ(to_json(parse_stream_info(reply).config), to_json(config));
}

TEST(stream_json, tolerates_a_newer_server) {
    const auto info =
        parse_stream_info(object(R"({"type":"io.nats.jetstream.api.v1.stream_info_response","later":{"x":1},
        "config":{"name":"S","subjects":null,"compression":"none","persist_mode":"async","max_age":0,"metadata":null},
        "state":{"messages":3,"bytes":18446744073709551615,"first_seq":1,"last_seq":9223372036854775808,"num_subjects":2,
                 "consumer_count":1,"lost":null},"created":"2026-11-24T00:13:09Z","cluster":{"leader":"n1"}})"));
    EXPECT_EQ(info.config.name, "S");
    EXPECT_TRUE(info.config.subjects.empty());
    EXPECT_FALSE(info.config.compressed);
    EXPECT_EQ(info.config.max_messages, -1);
    EXPECT_EQ(info.state.messages, 3u);
    EXPECT_EQ(info.state.bytes, UINT64_MAX);
    EXPECT_EQ(info.state.last_sequence, 9223372036854775808u);
    EXPECT_EQ(info.state.subjects, 2u);
    EXPECT_EQ(info.state.consumers, 1);
    EXPECT_EQ(info.created, "2026-11-24T00:13:09Z");
}

TEST(stream_json, takes_numbers_of_any_size_to_their_bounds) {
    const auto info = parse_stream_info(object(R"({"config":{"name":"S","max_msgs":18446744073709551615,
        "max_bytes":-99999999999999999999,"max_msg_size":99999999999,"num_replicas":-99999999999,
        "max_consumers":99999999999999999999999},"state":{"messages":-1,"bytes":1e30,"first_seq":1e3}})"));
    EXPECT_EQ(info.config.max_messages, INT64_MAX);
    EXPECT_EQ(info.config.max_bytes, INT64_MIN);
    EXPECT_EQ(info.config.max_message_size, INT32_MAX);
    EXPECT_EQ(info.config.replicas, INT32_MIN);
    EXPECT_EQ(info.config.max_consumers, INT32_MAX);
    EXPECT_EQ(info.state.messages, 0u);
    EXPECT_EQ(info.state.bytes, UINT64_MAX);
    EXPECT_EQ(info.state.first_sequence, 1000u);
}

TEST(stream_json, names_the_member_of_a_wrong_type) {
    EXPECT_NE(failure_text(R"({"config":{"max_age":"1h"}})").find("stream.config.max_age: not a number"),
              std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"max_age":1.5}})").find("stream.config.max_age: not an integer"),
              std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"subjects":"a"}})").find("stream.config.subjects: not an array"),
              std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"subjects":[1]}})").find("not an array of strings"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"allow_direct":1}})").find("allow_direct: not a boolean"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"name":1}})").find("stream.config.name: not a string"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"metadata":{"a":1}}})").find("metadata: not an object of strings"),
              std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"metadata":[]}})").find("metadata: not an object"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":[]})").find("stream.config: not an object"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{},"state":7})").find("stream.state: not an object"), std::string::npos);
    EXPECT_NE(failure_text(R"({})").find("stream.config: not there"), std::string::npos);
    EXPECT_NE(failure_text(R"({"config":{"storage":"tape"}})").find("stream.config.storage: not a known value: tape"),
              std::string::npos);
}

TEST(stream_json, laid_over_a_configuration_keeps_what_it_does_not_model) {
    auto current = object(R"({"name":"S","subjects":["a","b"],"retention":"limits","max_msgs":5,"compression":"s2",
        "later":{"x":1},"mirror_direct":true,"sources":[{"name":"T"}],"no_ack":true,"first_seq":7,"duplicate_window":60000000000,
        "placement":{"cluster":"c"},"republish":{"src":">","dest":"r.>"},"description":"old","metadata":{"team":"a"},"deny_purge":true,"max_age":1})");
    stream_config config;
    config.name = "S";
    config.max_messages = 9;
    overlay(current, config);
    EXPECT_EQ(current.at("later"), object(R"({"x":1})"));
    EXPECT_EQ(current.at("subjects"), json::array({"a", "b"}));
    EXPECT_EQ(current.at("duplicate_window"), 60000000000);
    EXPECT_EQ(current.at("max_msgs"), 9);
    EXPECT_EQ(current.at("max_age"), 0);
    EXPECT_EQ(current.at("first_seq"), 7);
    for (const auto* const gone : {"description", "compression", "metadata", "deny_purge", "placement", "republish",
                                   "mirror_direct", "sources", "no_ack"})
        EXPECT_FALSE(current.contains(gone)) << gone;
}

TEST(api_reply, without_an_error_is_handed_on) {
    EXPECT_EQ(parse_api_reply(R"({"success":true,"error":null})").at("success"), true);
}

TEST(api_reply, with_an_error_throws_the_servers_words) {
    try {
        parse_api_reply(R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})");
        FAIL() << "nothing was thrown";
    } catch (const server_error& failed) {
        EXPECT_EQ(failed.code(), errc::stream_not_found);
        EXPECT_EQ(failed.status(), 404);
        EXPECT_EQ(failed.err_code(), 10059);
        EXPECT_EQ(failed.description(), "stream not found");
        EXPECT_NE(std::string(failed.what()).find("stream not found (err_code 10059)"), std::string::npos);
    }
}

TEST(api_reply, that_is_not_json_says_so) {
    for (const auto* const text : {"", "hello", "[1]", "{", R"({"error":7})", R"({"error":{"code":"x"}})"}) {
        try {
            parse_api_reply(text);
            ADD_FAILURE() << text;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_reply) << text;
        }
    }
}

TEST(api_error, has_a_code_of_its_own_where_callers_act_on_it) {
    EXPECT_EQ(errc_of(400, 10071), errc::wrong_last_sequence);
    EXPECT_EQ(errc_of(400, 10164), errc::wrong_last_sequence);
    EXPECT_EQ(errc_of(400, 10058), errc::stream_exists);
    EXPECT_EQ(errc_of(404, 10059), errc::stream_not_found);
    for (const int absent : {10014, 10149}) EXPECT_EQ(errc_of(404, absent), errc::consumer_not_found);
    for (const int there : {10013, 10105, 10148}) EXPECT_EQ(errc_of(400, there), errc::consumer_exists);
    EXPECT_EQ(errc_of(404, 10037), errc::message_not_found);
    EXPECT_EQ(errc_of(503, 10039), errc::not_enabled);
    EXPECT_EQ(errc_of(503, 10076), errc::not_enabled);
    EXPECT_EQ(errc_of(400, 10109), errc::stream_sealed);
    EXPECT_EQ(errc_of(400, 10165), errc::message_ttl_invalid);
    EXPECT_EQ(errc_of(400, 10166), errc::message_ttl_disabled);
    EXPECT_EQ(errc_of(500, 10012), errc::consumer_refused);
    for (const int disabled : {10168, 10174, 10188}) EXPECT_EQ(errc_of(400, disabled), errc::not_allowed);
    EXPECT_EQ(errc_of(400, 10176), errc::batch_incomplete);
    EXPECT_EQ(errc_of(400, 10003), errc::bad_request);
    EXPECT_EQ(errc_of(500, 10047), errc::insufficient_resources);
    for (const int used_up : {10002, 10005, 10026, 10027, 10120})
        EXPECT_EQ(errc_of(400, used_up), errc::insufficient_resources) << used_up;
    EXPECT_EQ(errc_of(500, 10028), errc::insufficient_resources);
    for (const int under_way : {10167, 10210, 10211})
        EXPECT_EQ(errc_of(429, under_way), errc::insufficient_resources) << under_way;
    for (const int other : {10054, 10113, 10122}) EXPECT_EQ(errc_of(400, other), errc::bad_request) << other;
    EXPECT_EQ(errc_of(503, 10008), errc::insufficient_resources);
    EXPECT_EQ(errc_of(500, 10049), errc::api_error);
}

TEST(error_category, has_a_name_and_a_text_for_every_code) {
    EXPECT_STREQ(jetstream_category().name(), "mote.jetstream");
    for (int value = static_cast<int>(errc::not_enabled); value <= static_cast<int>(errc::consumer_refused); ++value)
        EXPECT_NE(jetstream_category().message(value), "unknown error") << value;
    EXPECT_EQ(jetstream_category().message(99), "unknown error");
}

TEST(api_name, must_be_one_token) {
    EXPECT_NO_THROW(check_name("KV_a-b=c$", "stream"));
    for (const auto* const name : {"", "a.b", "a b", "*", "a>", "a/b", "a\\b", "a\tb", "a\x7f"}) {
        try {
            check_name(name, "stream");
            ADD_FAILURE() << name;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_config);
            EXPECT_NE(std::string(failed.what()).find(name), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace mote::jetstream::detail
