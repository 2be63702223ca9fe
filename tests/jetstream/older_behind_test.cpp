// What an older server behind the connected one leaves out of a stream or a consumer is said, with the version that has it.

#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/support/loopback.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>

namespace mote::jetstream {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;

/// What nats-server 2.9 does not know.
constexpr const char* newer_members[] = {"compression",
                                         "metadata",
                                         "subject_transform",
                                         "first_seq",
                                         "consumer_limits",
                                         "allow_msg_ttl",
                                         "subject_delete_marker_ttl",
                                         "allow_msg_counter",
                                         "allow_atomic",
                                         "allow_msg_schedules",
                                         "persist_mode",
                                         "allow_batched",
                                         "subject_transforms",
                                         "consumer",
                                         "filter_subjects",
                                         "priority_policy",
                                         "priority_groups",
                                         "priority_timeout",
                                         "pause_until"};

/// The API of a server that says that it is new, and forgets all that. The other way would be a cluster of several versions.
class forgetful_api {
public:
    explicit forgetful_api(const nats::connection& nc)
        : subscription_(nc.subscribe(
              "OLD.>", [nc](const nats::message_view& asked) { nc.respond(asked, json::serialize(answer(asked))); })) {}

private:
    static void forget(json::object& config) {
        for (const auto* const each : newer_members) config.erase(each);
        if (config["ack_policy"] == "flow_control") config["ack_policy"] = "explicit";
        if (auto* const mirror = config.if_contains("mirror")) forget(mirror->as_object());
        if (auto* const sources = config.if_contains("sources"))
            for (auto& each : sources->as_array()) forget(each.as_object());
    }

    static json::object answer(const nats::message_view& asked) {
        json::object reply;
        if (contains(asked.subject, "CONSUMER.INFO")) {
            reply["error"] = {{"code", 404}, {"err_code", 10014}, {"description", "consumer not found"}};
        } else if (contains(asked.subject, "STREAM.INFO")) {
            reply["config"] = {{"name", "S"}};
        } else if (asked.subject == "OLD.INFO") {
            reply["api"] = {{"level", 9}};
        } else {
            auto said = json::parse(asked.payload).as_object();
            auto config = contains(asked.subject, "CONSUMER") ? said.at("config").as_object() : said;
            forget(config);
            reply["config"] = std::move(config);
        }
        return reply;
    }

    nats::subscription subscription_;
};

context at_old(const context& js) {
    context_options opts;
    opts.api_prefix = "OLD";
    return context(js.connection(), opts);
}

class live_older_behind : public test::live_test {};

void expect_named(const test::failure& seen, const std::string& what) {
    EXPECT_EQ(seen.code, errc::not_supported) << what << ": " << seen.text;
    EXPECT_TRUE(contains(seen.text, "S: " + what + " needs nats-server 2.1")) << seen.text;
    EXPECT_TRUE(contains(seen.text, "; the one that keeps it is older")) << seen.text;
}

awaitable<void> expect_said_of_streams(context js) {
    using change = void (*)(stream_config&);
    const std::pair<const char*, change> changes[] = {
        {"batch publishing", [](auto& config) { config.allow_batch_publish = true; }},
        {"a counter of messages", [](auto& config) { config.allow_message_counter = true; }},
        {"atomic publishing", [](auto& config) { config.allow_atomic_publish = true; }},
        {"scheduled messages", [](auto& config) { config.allow_message_schedules = true; }},
        {"asynchronous persistence", [](auto& config) { config.persist = persist_mode::asynchronous; }},
        {"a TTL of messages", [](auto& config) { config.allow_message_ttl = true; }},
        {"a TTL of markers", [](auto& config) { config.subject_delete_marker_ttl = 1s; }},
        {"compression", [](auto& config) { config.compressed = true; }},
        {"metadata", [](auto& config) { config.metadata["team"] = "a"; }},
        {"a subject transform", [](auto& config) { config.subject_transform.emplace().destination = "x.>"; }},
        {"a first sequence", [](auto& config) { config.first_sequence = 7; }},
        {"limits of consumers", [](auto& config) { config.consumer_limits.max_ack_pending = 1; }},
        {"subject transforms of a source",
         [](auto& config) {
             config.mirror.emplace().name = "O";
             config.mirror->transforms.emplace_back();
         }},
        {"a consumer of a source",
         [](auto& config) {
             config.sources.emplace_back().name = "O";
             config.sources.back().consumer = "c";
         }},
    };
    for (const auto& [what, apply] : changes) {
        stream_config config;
        config.name = "S";
        apply(config);
        expect_named(co_await failure_of(js.create_stream(config)), what);
        expect_named(co_await failure_of(js.update_stream(config)), what);
    }
    stream_config config;
    config.name = "S";
    EXPECT_FALSE((co_await failure_of(js.create_stream(config))).code) << "nothing was left out";
}

awaitable<void> expect_said_of_consumers(context js) {
    using change = void (*)(consumer_config&);
    const std::pair<const char*, change> changes[] = {
        {"a consumer with several filters", [](auto& config) { config.filter_subjects = {"a", "b"}; }},
        {"a priority policy of a consumer",
         [](auto& config) {
             config.priority = priority_policy::overflow;
             config.priority_groups = {"g"};
         }},
        {"metadata of a consumer", [](auto& config) { config.metadata["team"] = "a"; }},
        {"acknowledging by flow control", [](auto& config) { config.ack = ack_policy::flow_control; }},
        {"pausing a consumer", [](auto& config) { config.pause_until = "2100-01-01T00:00:00Z"; }},
    };
    for (const auto& [what, apply] : changes) {
        consumer_config config;
        config.name = "S";
        apply(config);
        expect_named(co_await failure_of(js.create_or_update_consumer("ORDERS", config)), what);
    }
    consumer_config config;
    config.name = "S";
    EXPECT_FALSE((co_await failure_of(js.create_or_update_consumer("ORDERS", config))).code);
}

TEST_F(live_older_behind, what_is_left_out_is_said) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            if (!test::server_at_least(js, 2, 14)) co_return;  // refused before it is sent: server_age_test.cpp
            const forgetful_api api(js.connection());
            co_await expect_said_of_streams(at_old(js));
            co_await expect_said_of_consumers(at_old(js));
        },
        test::core_only());
}

// ---- for real: the distribution's server behind a newer one

constexpr const char* distributions_server = "/usr/sbin/nats-server";

awaitable<void> use_old_hub(std::string url, std::string hub_url) {
    const auto old = co_await nats::connection::connect(test::options_for(hub_url));
    auto opts = test::options_for(url);
    opts.jetstream.domain = "hub";
    const auto nc = co_await nats::connection::connect(opts);
    const context js(nc);
    if (test::server_at_least(context(old), 2, 10) || !test::server_at_least(js, 2, 10)) co_return;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    std::string domain;
    while (domain.empty() && std::chrono::steady_clock::now() < limit) {
        try {
            domain = (co_await js.account()).domain;
        } catch (const boost::system::system_error&) {
            // the leaf has not found it yet
        }
    }
    EXPECT_EQ(domain, "hub");
    auto config = orders();
    config.metadata["team"] = "a";
    const auto seen = co_await failure_of(js.create_stream(config));
    EXPECT_EQ(seen.code, errc::not_supported) << seen.text;
    EXPECT_TRUE(contains(seen.text, "ORDERS: metadata needs nats-server 2.10")) << seen.text;
    EXPECT_EQ((co_await js.stream("ORDERS")).config.subjects, config.subjects) << "it is there";
    config.metadata.clear();
    EXPECT_FALSE((co_await failure_of(js.create_stream(config))).code);
}

TEST_F(live_older_behind, is_a_server_of_the_distribution_seen_through_a_new_leaf) {
    if (!std::filesystem::exists(distributions_server)) GTEST_SKIP() << "no " << distributions_server;
    const auto address = "127.0.0.1:" + std::to_string(test::free_port());
    const test::temp_dir store;
    test::nats_server_options hub;
    hub.binary = distributions_server;
    hub.jetstream = false;  // the configuration has it
    hub.config = "jetstream: { domain: hub, store_dir: \"" + store.path().string() + "\" }\nleafnodes: { listen: \"" +
                 address + "\" }\n";
    const nats_server old(hub);
    auto leaf = test::core_only();
    leaf.config = "leafnodes: { remotes: [ { url: \"nats://" + address + "\" } ] }\n";
    const nats_server near(leaf);
    test::run(use_old_hub(near.url(), old.url()));
}

}  // namespace
}  // namespace mote::jetstream
