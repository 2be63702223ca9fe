#include <mote/jetstream/detail/consumer_json.hpp>
#include <tests/jetstream/json_object.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

consumer_config all_set() {
    consumer_config config;
    config.name = "workers";
    config.description = "does it";
    config.deliver = deliver_policy::by_start_sequence;
    config.start_sequence = 7;
    config.ack_wait = 10s;
    config.max_deliver = 5;
    config.backoff = {1s, 5s, 30s};
    config.filter_subjects = {"jobs.a", "jobs.b"};
    config.max_ack_pending = 100;
    config.max_waiting = 32;
    config.max_batch = 64;
    config.max_expires = 60s;
    config.inactive_threshold = 1h;
    config.replicas = 3;
    config.memory_storage = true;
    config.priority = priority_policy::pinned_client;
    config.priority_groups = {"one"};
    config.priority_timeout = 20s;
    config.headers_only = true;
    config.metadata = {{"team", "a"}};
    config.max_bytes = 4096;
    config.replay = replay_policy::original;
    config.sample_percent = 30;
    config.pause_until = "2030-01-01T00:00:00Z";
    config.deliver_subject = "to.here";
    config.deliver_group = "g";
    config.flow_control = true;
    config.idle_heartbeat = 1s;
    config.rate_limit = 8000;
    return config;
}

consumer_config read_back(const consumer_config& config) {
    json::object reply;
    reply["config"] = to_json(config);
    return parse_consumer_info(reply).config;
}

TEST(consumer_json, has_the_members_of_the_api) {
    const auto expected = object(R"({"name":"workers","durable_name":"workers","description":"does it",
        "deliver_policy":"by_start_sequence","opt_start_seq":7,"ack_policy":"explicit","ack_wait":10000000000,
        "max_deliver":5,"backoff":[1000000000,5000000000,30000000000],"filter_subjects":["jobs.a","jobs.b"],
        "max_ack_pending":100,"max_waiting":32,"max_batch":64,"max_expires":60000000000,
        "inactive_threshold":3600000000000,"num_replicas":3,"mem_storage":true,
        "priority_policy":"pinned_client","priority_groups":["one"],"priority_timeout":20000000000,"headers_only":true,
        "metadata":{"team":"a"},"max_bytes":4096,"replay_policy":"original","sample_freq":"30",
        "pause_until":"2030-01-01T00:00:00Z","deliver_subject":"to.here","deliver_group":"g","flow_control":true,
        "idle_heartbeat":1000000000,"rate_limit_bps":8000})");
    EXPECT_EQ(to_json(all_set()), expected) << json::serialize(to_json(all_set()));
}

TEST(consumer_json, leaves_the_defaults_to_the_server) {
    consumer_config config;
    config.name = "workers";
    EXPECT_EQ(to_json(config), object(R"({"name":"workers","durable_name":"workers","deliver_policy":"all",
        "ack_policy":"explicit","max_deliver":-1})"));
    config.durable = false;
    EXPECT_FALSE(to_json(config).contains("durable_name"));
}

TEST(consumer_json, knows_every_policy) {
    const std::pair<deliver_policy, const char*> deliver[] = {{deliver_policy::all, "all"},
                                                              {deliver_policy::last, "last"},
                                                              {deliver_policy::new_messages, "new"},
                                                              {deliver_policy::by_start_sequence, "by_start_sequence"},
                                                              {deliver_policy::by_start_time, "by_start_time"},
                                                              {deliver_policy::last_per_subject, "last_per_subject"}};
    consumer_config config;
    config.start_time = "2026-11-24T00:13:12Z";
    for (const auto& [policy, word] : deliver) {
        config.deliver = policy;
        const auto made = to_json(config);
        EXPECT_EQ(made.at("deliver_policy"), word);
        EXPECT_EQ(made.contains("opt_start_seq"), policy == deliver_policy::by_start_sequence);
        EXPECT_EQ(made.contains("opt_start_time"), policy == deliver_policy::by_start_time);
    }
    const std::pair<ack_policy, const char*> ack[] = {{ack_policy::explicit_ack, "explicit"},
                                                      {ack_policy::all, "all"},
                                                      {ack_policy::none, "none"},
                                                      {ack_policy::flow_control, "flow_control"}};
    for (const auto& [policy, word] : ack) {
        config.ack = policy;
        EXPECT_EQ(to_json(config).at("ack_policy"), word);
        EXPECT_EQ(read_back(config).ack, policy) << word;
    }
}

TEST(consumer_json, knows_every_policy_of_priorities) {
    const std::pair<priority_policy, const char*> priority[] = {{priority_policy::overflow, "overflow"},
                                                                {priority_policy::pinned_client, "pinned_client"},
                                                                {priority_policy::prioritized, "prioritized"}};
    consumer_config config;
    EXPECT_FALSE(to_json(config).contains("priority_policy"));
    config.priority_groups = {"one"};
    for (const auto& [policy, word] : priority) {
        config.priority = policy;
        const auto made = to_json(config);
        EXPECT_EQ(made.at("priority_policy"), word);
        EXPECT_EQ(made.at("priority_groups"), json::array({"one"}));
        EXPECT_EQ(read_back(config).priority, policy) << word;
    }
}

TEST(consumer_json, is_read_back_as_it_was) {
    json::object reply;
    reply["config"] = to_json(all_set());
    EXPECT_EQ(to_json(parse_consumer_info(reply).config), to_json(all_set()));
    auto other = all_set();
    other.durable = false;
    other.filter_subjects = {"jobs.>"};
    other.ack = ack_policy::all;
    reply["config"] = to_json(other);
    EXPECT_EQ(to_json(parse_consumer_info(reply).config), to_json(other));
}

TEST(consumer_json, tells_how_far_the_consumer_is) {
    const auto info = parse_consumer_info(object(R"({"type":"io.nats.jetstream.api.v1.consumer_info_response",
        "stream_name":"JOBS","name":"workers","created":"2026-11-24T00:13:09Z","later":[1],
        "config":{"durable_name":"workers","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,
                  "max_deliver":-1,"filter_subject":"jobs.a","replay_policy":"instant","max_waiting":512,
                  "max_ack_pending":1000,"num_replicas":0},
        "delivered":{"consumer_seq":9,"stream_seq":7,"last_active":"2026-11-24T00:13:10Z"},
        "ack_floor":{"consumer_seq":3,"stream_seq":2},"num_ack_pending":5,"num_redelivered":2,"num_waiting":1,
        "num_pending":18446744073709551615})"));
    EXPECT_EQ(info.stream, "JOBS");
    EXPECT_EQ(info.name, "workers");
    EXPECT_EQ(info.created, "2026-11-24T00:13:09Z");
    EXPECT_EQ(info.config.name, "workers");
    EXPECT_TRUE(info.config.durable);
    EXPECT_EQ(info.config.ack_wait, 30s);
    EXPECT_EQ(info.config.filter_subjects, std::vector<std::string>{"jobs.a"});
    EXPECT_EQ(info.delivered.consumer_sequence, 9u);
    EXPECT_EQ(info.delivered.stream_sequence, 7u);
    EXPECT_EQ(info.ack_floor.consumer_sequence, 3u);
    EXPECT_EQ(info.ack_floor.stream_sequence, 2u);
    EXPECT_EQ(info.ack_pending, 5u);
    EXPECT_EQ(info.redelivered, 2u);
    EXPECT_EQ(info.waiting, 1u);
    EXPECT_EQ(info.pending, UINT64_MAX);
    EXPECT_FALSE(info.push);
}

TEST(consumer_json, tells_who_is_pinned_and_that_it_is_paused) {
    const auto info = parse_consumer_info(object(R"({"name":"p","config":{"sample_freq":"30%"},"paused":true,
        "pause_remaining":5000000000,"priority_groups":[{"group":"one","pinned_client_id":"x7",
        "pinned_ts":"2026-11-24T00:13:10Z"},{"group":"two","pinned_ts":"0001-01-01T00:00:00Z"}],
        "cluster":{"name":"c","leader":"n1","replicas":[{"name":"n2","current":true,"active":7,"lag":3}]}})"));
    EXPECT_EQ(info.config.sample_percent, 30);
    EXPECT_TRUE(info.pause.paused);
    EXPECT_EQ(info.pause.remaining, 5s);
    ASSERT_EQ(info.groups.size(), 2u);
    EXPECT_EQ(info.groups[0].pinned_id, "x7");
    EXPECT_EQ(info.groups[0].pinned_since, "2026-11-24T00:13:10Z");
    EXPECT_EQ(info.groups[1].group, "two");
    EXPECT_EQ(info.groups[1].pinned_since, "");
    EXPECT_EQ(info.cluster.leader, "n1");
    ASSERT_EQ(info.cluster.replicas.size(), 1u);
    EXPECT_EQ(info.cluster.replicas[0].name, "n2");
    EXPECT_TRUE(info.cluster.replicas[0].current);
    EXPECT_EQ(info.cluster.replicas[0].lag, 3u);
}

TEST(consumer_json, leaves_a_sample_as_the_server_writes_it) {
    auto current = object(R"({"sample_freq":"30%"})");
    consumer_config config;
    config.sample_percent = 30;
    overlay(current, config);
    EXPECT_EQ(current.at("sample_freq"), "30%");
    config.sample_percent = 31;
    overlay(current, config);
    EXPECT_EQ(current.at("sample_freq"), "31");
}

TEST(consumer_json, knows_a_push_consumer) {
    EXPECT_TRUE(parse_consumer_info(object(R"({"name":"p","config":{"deliver_subject":"x"}})")).push);
}

/// The configuration in the request for an ordered consumer NAME that delivers to INBOX.
json::object ordered_config(const ordered_consumer_options& opts, std::optional<std::uint64_t> resumed = {}) {
    const auto request = object(ordered_consumer_json("S", "NAME", "INBOX", opts, resumed));
    EXPECT_EQ(request.at("stream_name"), "S");
    return request.at("config").as_object();
}

TEST(ordered_consumer_json, has_the_members_of_the_api) {
    ordered_consumer_options opts;
    const auto plain = object(R"({"name":"NAME","deliver_policy":"all","ack_policy":"none","ack_wait":79200000000000,
        "max_deliver":1,"replay_policy":"instant","deliver_subject":"INBOX","flow_control":true,
        "idle_heartbeat":5000000000,"inactive_threshold":300000000000,"num_replicas":1,"mem_storage":true})");
    EXPECT_EQ(ordered_config(opts), plain) << json::serialize(ordered_config(opts));
    opts.filter_subjects = {"a.>", "b"};
    opts.deliver = deliver_policy::by_start_time;
    opts.start_time = "2026-11-24T00:13:12Z";
    opts.replay = replay_policy::original;
    opts.rate_limit = 8000;
    opts.headers_only = true;
    opts.idle_heartbeat = 1s;
    auto expected = plain;
    for (const auto& [key, value] : object(R"({"filter_subjects":["a.>","b"],"deliver_policy":"by_start_time",
        "opt_start_time":"2026-11-24T00:13:12Z","replay_policy":"original","rate_limit_bps":8000,"headers_only":true,
        "idle_heartbeat":1000000000})"))
        expected[key] = value;
    EXPECT_EQ(ordered_config(opts), expected) << json::serialize(ordered_config(opts));
}

TEST(ordered_consumer_json, begins_behind_what_was_read_with_the_same_pace_and_filter) {
    ordered_consumer_options opts;
    opts.filter_subjects = {"a"};
    opts.deliver = deliver_policy::last;
    opts.rate_limit = 8000;
    const auto again = ordered_config(opts, 41);
    EXPECT_EQ(again.at("deliver_policy"), "by_start_sequence");
    EXPECT_EQ(again.at("opt_start_seq"), 42);
    EXPECT_EQ(again.at("filter_subject"), "a");
    EXPECT_EQ(again.at("rate_limit_bps"), 8000);
}

TEST(consumer_json, names_the_member_of_a_wrong_type) {
    const std::pair<const char*, const char*> wrong[] = {
        {R"({})", "consumer.config: not there"},
        {R"({"config":{"ack_policy":"maybe"}})", "consumer.config.ack_policy: not a known value: maybe"},
        {R"({"config":{"backoff":1}})", "consumer.config.backoff: not an array"},
        {R"({"config":{"backoff":["1s"]}})", "consumer.config.backoff: not a number"},
        {R"({"config":{"ack_wait":"1s"}})", "consumer.config.ack_wait: not a number"},
        {R"({"config":{},"delivered":7})", "consumer.delivered: not an object"},
        {R"({"config":{},"num_pending":"7"})", "consumer.num_pending: not a number"}};
    for (const auto& [reply, text] : wrong) {
        try {
            parse_consumer_info(object(reply));
            ADD_FAILURE() << reply;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_reply);
            EXPECT_NE(std::string(failed.what()).find(text), std::string::npos) << failed.what();
        }
    }
}

TEST(consumer_json, laid_over_a_configuration_keeps_what_it_does_not_model) {
    auto current = object(R"({"durable_name":"workers","name":"workers","deliver_policy":"all","ack_policy":"explicit",
        "ack_wait":30000000000,"max_deliver":9,"filter_subject":"jobs.a","replay_policy":"original","rate_limit_bps":5,
        "max_waiting":512,"max_ack_pending":77,"num_replicas":1,"max_batch":3,"backoff":[1],"sample_freq":"50%",
        "description":"old","metadata":{"team":"b","_nats.level":"1"}})");
    consumer_config config;
    config.name = "workers";
    config.filter_subjects = {"jobs.a", "jobs.b"};
    overlay(current, config);
    EXPECT_EQ(current, object(R"({"durable_name":"workers","name":"workers","deliver_policy":"all",
        "ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"filter_subjects":["jobs.a","jobs.b"],
        "replay_policy":"original","rate_limit_bps":5,"max_waiting":512,"max_ack_pending":77,"num_replicas":1,
        "sample_freq":"50%","metadata":{"_nats.level":"1"}})"))
        << json::serialize(current);
}

}  // namespace
}  // namespace mote::jetstream::detail
