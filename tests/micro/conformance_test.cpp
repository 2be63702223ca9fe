// The C++ twin of the service whose bytes were recorded of nats.go answers the same bytes, but for what
// our_differences.hpp lists by name. The recordings lie beside the checkout; a few of their facts are tests without
// them.

#include <tests/jetstream/live_test.hpp>
#include <tests/micro/conformance_service.hpp>
#include <tests/micro/hosted_service.hpp>
#include <tests/micro/our_differences.hpp>
#include <tests/micro/transcript.hpp>
#include <tests/nats/recordings.hpp>
#include <tests/support/raw_frame.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <boost/json.hpp>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

// ---- the tests with the recordings

class conformance_test : public ::testing::Test {
protected:
    void SetUp() override {
        const auto shared = shared_directory();
        if (!shared) GTEST_SKIP() << "no recorded vectors beside the checkout";
        vectors_ = *shared / "vectors";
        if (!require_nats_server()) return;
        nats_server_options options;
        options.jetstream = false;
        server_.emplace(options);
        proxy_.emplace(server_->port());
    }

    void host(const hosted_service::maker& make) {
        auto opts = options_for(*server_);
        opts.servers = {"nats://127.0.0.1:" + std::to_string(proxy_->port())};
        host_.emplace(std::move(opts), make);
        client_.emplace(server_->port());
        client_->subscribe("_INBOX.raw.*");
        client_->flush();
    }
    void host_conformance(std::chrono::milliseconds slow_for = 100ms) {
        host([slow_for](const nats::connection& connection) { return conformance_service(connection, slow_for); });
    }

    std::string file(const std::string& name) const {
        std::ifstream input(vectors_ / name, std::ios::binary);
        EXPECT_TRUE(input) << name;
        return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    }

    std::string id() {
        return host_->on_loop([this] { return host_->service().id(); });
    }

    /// The payload of the one MSG without headers that answers.
    std::string asked(const std::string& subject) {
        const auto frames = client_->request(subject, {}, {});
        if (frames.empty()) return "no reply to " + subject;
        const auto frame = parse_raw_frame(frames.front());
        EXPECT_EQ(frame.verb, "MSG");
        return std::string(frame.payload);
    }

    /// All nine control subjects answer the bytes in this folder of recordings.
    void expect_discovery(const std::string& folder, const std::string& name) {
        for (const std::string verb : {"PING", "INFO", "STATS"}) {
            const auto subject = "$SRV." + verb;
            const std::map<std::string, std::string> forms{
                {"all", subject}, {"name", subject + "." + name}, {"id", subject + "." + name + "." + id()}};
            for (const auto& [form, asked_subject] : forms)
                EXPECT_EQ(any_run(asked(asked_subject)),
                          any_run(in_our_json(file(folder + "/" + verb + "." + form + ".raw.json"))))
                    << asked_subject;
        }
    }

    /// Sends every request that was recorded and compares what comes back, frame by frame.
    void replay_all(const std::string& transcript) {
        for (const auto& [sent, received] : read_transcript(vectors_ / transcript)) {
            auto expected = comparable(received);
            const auto words = sent.substr(0, sent.find("\r\n"));
            std::istringstream line(words);
            std::string verb, subject, inbox;
            line >> verb >> subject >> inbox;
            if (const auto text = our_500(subject)) expected = {error_reply(inbox, "500", *text)};
            if (subject.starts_with("$SRV.")) {
                for (auto& frame : expected) frame = in_our_json(frame);
            }
            for (auto& frame : expected) frame = any_run(frame);
            auto seen = replay(*client_, sent, expected.size());
            for (auto& frame : seen) frame = any_run(frame);
            EXPECT_EQ(seen, expected) << words;
        }
    }

    void publish_all() {
        for (const auto& [sent, received] : read_transcript(vectors_ / "transcripts/publish-noreply.txt")) {
            EXPECT_TRUE(received.empty()) << sent;
            client_->send(sent);
        }
        client_->flush();
        asked("$SRV.PING");
        const auto idle = [this] {
            std::uint64_t going_on = 0;
            for (const auto& endpoint : host_->service().stats().endpoints) going_on += endpoint.in_flight;
            return going_on == 0;
        };
        const deadline limit(20s);
        while (!host_->on_loop(idle) && !limit.passed()) asked("$SRV.PING");
    }

    /// The counters that were recorded for `when`, as they have to be here.
    void expect_counts(const char* when, bool replies_wanted) {
        const auto recorded = json::parse(file("expected-stats.json")).at(when).as_object();
        const auto stats = host_->on_loop([this] { return host_->service().stats(); });
        EXPECT_EQ(stats.endpoints.size(), recorded.size());
        for (const auto& endpoint : stats.endpoints) {
            const auto& row = recorded.at(endpoint.name).as_array();
            const counts expected(json::value_to<std::uint64_t>(row.at(0)), json::value_to<std::uint64_t>(row.at(1)),
                                  json::value_to<std::string>(row.at(2)));
            EXPECT_EQ(counts(endpoint.requests, endpoint.errors, endpoint.last_error),
                      with_our_differences(endpoint.name, expected, replies_wanted))
                << endpoint.name;
        }
    }

    void expect_stats(const std::string& recorded, bool replies_wanted) {
        const auto expected =
            with_counts(any_run(in_our_json(file(recorded))), [&](const std::string& name, counts counted) {
                return with_our_differences(name, std::move(counted), replies_wanted);
            });
        EXPECT_EQ(same_counts(any_run(asked("$SRV.STATS.Conformance"))), expected) << recorded;
    }

    /// "subject queue-group" of each SUB, without the id of the instance.
    static std::vector<std::string> subscriptions(const std::vector<std::string>& frames, const std::string& id) {
        std::vector<std::string> result;
        for (const auto& frame : frames) {
            if (!frame.starts_with("SUB ")) continue;
            std::istringstream line(frame.substr(4));
            std::vector<std::string> words(std::istream_iterator<std::string>(line), {});
            words.pop_back();  // the sid
            auto& subject = words.front();
            if (subject.ends_with(id)) subject.replace(subject.size() - id.size(), id.size(), "ID");
            result.push_back(words.size() == 2 ? words[0] + " " + words[1] : words[0]);
        }
        return result;
    }
    std::vector<std::string> subscriptions_sent(std::size_t connection) {
        const auto bytes = proxy_->connections().at(connection).bytes(proxy_direction::to_target);
        std::vector<std::string> lines;
        std::istringstream input(bytes);
        for (std::string line; std::getline(input, line);) lines.push_back(line);
        return subscriptions(lines, id());
    }
    std::vector<std::string> subscriptions_recorded(const std::string& wire, const std::string& id_then) const {
        recordings recorded;
        add_recording(vectors_ / wire, recorded);
        return subscriptions(recorded.from_client, id_then);
    }

    std::filesystem::path vectors_;
    std::optional<nats_server> server_;
    std::optional<tcp_proxy> proxy_;
    std::optional<raw_client> client_;
    std::optional<hosted_service> host_;
};

const std::string recorded_id = "kBleNERnb5K3kOy3NIsaAi";

TEST_F(conformance_test, subscribes_to_the_same_in_the_same_order) {
    host_conformance();
    const auto sent = subscriptions_sent(0);
    const auto recorded = subscriptions_recorded("wire/start.txt", recorded_id);
    ASSERT_EQ(recorded.size(), 9U + 31U);
    ASSERT_EQ(sent.size(), recorded.size());
    // The control subjects come in an order that is random in the recording. There they are first, here last (deliberate:
    // what is seen can be used).
    EXPECT_EQ(std::set(sent.end() - 9, sent.end()), std::set(recorded.begin(), recorded.begin() + 9));
    EXPECT_EQ(std::vector(sent.begin(), sent.end() - 9), std::vector(recorded.begin() + 9, recorded.end()));
}

TEST_F(conformance_test, answers_discovery_byte_for_byte) {
    host_conformance();
    expect_discovery("srv/before", "Conformance");
}

TEST_F(conformance_test, answers_discovery_of_a_service_that_has_nothing) {
    host(minimal_service);
    expect_discovery("srv/minimal", "min");
}

TEST_F(conformance_test, answers_discovery_of_a_service_with_a_default_endpoint_and_a_queue_group) {
    host(cfg_service);
    expect_discovery("srv/cfg-endpoint", "cfg");
}

TEST_F(conformance_test, answers_odd_control_requests) {
    host_conformance();
    replay_all("transcripts/odd-control.txt");
    replay_all("srv2.9.10/odd-control.txt");
}

TEST_F(conformance_test, answers_each_endpoint_and_counts_that) {
    host_conformance();
    replay_all("transcripts/requests.txt");
    expect_counts("after_requests", true);
    expect_stats("srv/after/STATS.name.raw.json", true);
    EXPECT_EQ(any_run(asked("$SRV.INFO")), any_run(in_our_json(file("srv/after/INFO.all.raw.json"))));
    EXPECT_EQ(any_run(asked("$SRV.PING")), any_run(in_our_json(file("srv/after/PING.all.raw.json"))));
}

TEST_F(conformance_test, answers_what_was_recorded_with_the_older_server) {
    host_conformance();
    replay_all("srv2.9.10/requests.txt");
    expect_counts("after_requests", true);
}

TEST_F(conformance_test, begins_again_after_a_reset_that_sends_nothing) {
    host_conformance();
    replay_all("transcripts/requests.txt");
    host_->await(host_->connection().flush());
    const auto before = proxy_->connections().at(0).bytes(proxy_direction::to_target);
    host_->on_loop([this] { host_->service().reset(); });
    host_->await(host_->connection().flush());
    const auto after = proxy_->connections().at(0).bytes(proxy_direction::to_target);
    EXPECT_EQ(after.substr(before.size()), "PING\r\n") << "of the flush";
    EXPECT_EQ(any_run(asked("$SRV.STATS.Conformance")), any_run(in_our_json(file("srv/after-reset.STATS.raw.json"))));
}

TEST_F(conformance_test, handles_what_is_published_without_a_reply_subject) {
    host_conformance();
    host_->await(host_->connection().flush());
    const auto before = proxy_->connections().at(0).bytes(proxy_direction::to_target).size();
    publish_all();
    expect_counts("after_noreply", false);
    expect_stats("srv/after-noreply.STATS.raw.json", false);
    host_->await(host_->connection().flush());
    const auto sent = proxy_->connections().at(0).bytes(proxy_direction::to_target).substr(before);
    static const std::regex publish(R"((PUB|HPUB) (?!_INBOX)[^\r]*)");
    std::vector<std::string> published(std::sregex_token_iterator(sent.begin(), sent.end(), publish), {});
    EXPECT_EQ(published, std::vector<std::string>{"PUB ref.events 1"}) << "the only bytes that the service sent";
}

TEST_F(conformance_test, comes_back_with_the_same_subscriptions_and_counters) {
    host_conformance();
    publish_all();
    proxy_->cut();
    const auto resubscribed = [](const std::vector<proxied_connection>& all) {
        return all.size() == 2 && all[1].bytes(proxy_direction::to_target).find("SUB slow ") != std::string::npos;
    };
    ASSERT_TRUE(proxy_->wait_until(resubscribed));
    host_->await(host_->connection().flush());
    const auto sent = subscriptions_sent(1);
    const auto recorded = subscriptions_recorded("wire/reconnect.txt", recorded_id);
    EXPECT_EQ(std::multiset(sent.begin(), sent.end()), std::multiset(recorded.begin(), recorded.end()));
    expect_stats("srv/after-reconnect.STATS.raw.json", false);
}

TEST_F(conformance_test, finishes_what_was_in_flight_when_it_is_stopped) {
    host_conformance(1s);
    const auto recorded = read_transcript(vectors_ / "transcripts/stop-inflight-client.txt");
    ASSERT_EQ(recorded.size(), 5U);
    for (std::size_t i = 0; i < 3; ++i) client_->send(recorded[i].sent);
    client_->flush();
    const auto slow_in_flight = [this] { return host_->service().stats().endpoints.back().in_flight; };
    const deadline limit(20s);
    while (host_->on_loop(slow_in_flight) < 3 && !limit.passed()) continue;
    auto stopped = host_->start(host_->on_loop([this] { return host_->service().stop(); }));
    host_->await(host_->connection().flush());  // the server knows that the endpoints take no more
    for (std::size_t i = 3; i < 5; ++i) client_->send(recorded[i].sent);
    std::multiset<std::string> seen, expected;
    for (const auto& frame : recorded.back().received) {
        expected.insert(any_run(in_our_json(comparable(frame))));
        seen.insert(any_run(comparable(client_->read_frame())));
    }
    EXPECT_EQ(seen, expected);
    stopped.get();
    EXPECT_TRUE(host_->on_loop([this] { return host_->service().stopped(); }));
}

// ---- a few recorded facts, for a checkout without the recordings

class recorded_fact : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }
};

TEST_F(recorded_fact, frames_of_each_kind_of_answer) {
    nats_server_options options;
    options.jetstream = false;
    nats_server server(options);
    hosted_service host(options_for(server),
                        [](const nats::connection& connection) { return conformance_service(connection); });
    raw_client client(server.port());
    client.subscribe("_INBOX.raw.*");
    client.flush();
    const std::vector<exchange> recorded{
        {"PUB echo _INBOX.raw.1 5\r\nhello\r\n", {"MSG _INBOX.raw.1 1 5\r\nhello\r\n"}},
        {"PUB g1.sub.deep.TOKEN.x _INBOX.raw.2 1\r\nb\r\n", {"MSG _INBOX.raw.2 1 1\r\nb\r\n"}},
        {"PUB empty _INBOX.raw.3 1\r\nx\r\n", {"MSG _INBOX.raw.3 1 0\r\n\r\n"}},
        {"PUB fail _INBOX.raw.4 1\r\nx\r\n",
         {"HMSG _INBOX.raw.4 1 101 115\r\nNATS/1.0\r\nNats-Service-Error: boom happened\r\nNats-Service-Error-Code: "
          "500\r\n"
          "X-Err: one\r\nX-Err: two\r\n\r\n{\"detail\":\"x\"}\r\n"}},
        {"PUB fail-override _INBOX.raw.5 1\r\nx\r\n",
         {"HMSG _INBOX.raw.5 1 68 68\r\nNATS/1.0\r\nNats-Service-Error: orig\r\nNats-Service-Error-Code: "
          "999\r\n\r\n\r\n"}},
        {"PUB fail-newline _INBOX.raw.6 1\r\nx\r\n",
         {"HMSG _INBOX.raw.6 1 76 76\r\nNATS/1.0\r\nNats-Service-Error: line1  line2\r\nNats-Service-Error-Code: "
          "400\r\n\r\n"
          "\r\n"}},
        {"PUB err-then-ok _INBOX.raw.7 1\r\nx\r\n",
         {"HMSG _INBOX.raw.7 1 75 75\r\nNATS/1.0\r\nNats-Service-Error: first error\r\nNats-Service-Error-Code: "
          "500\r\n\r\n"
          "\r\n",
          "MSG _INBOX.raw.7 1 7\r\nthen ok\r\n"}},
        {"HPUB headers _INBOX.raw.8 50 51\r\nNATS/1.0\r\nA: 1\r\nb: two\r\nA: 3\r\nX-Sp:   spaced  \r\n\r\nx\r\n",
         {"HMSG _INBOX.raw.8 1 112 124\r\nNATS/1.0\r\nEcho-b: two\r\nEcho-X-Sp: spaced\r\nZ-Last: z\r\na-lower: v1\r\n"
          "a-lower: v2\r\nEmpty: \r\nEcho-A: 1\r\nEcho-A: 3\r\n\r\nwith headers\r\n"}},
        {"PUB nosuchsubject _INBOX.raw.9 1\r\nx\r\n", {"HMSG _INBOX.raw.9 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"}},
        {"PUB silent 1\r\nx\r\n", {}},
        {"PUB fail 1\r\nx\r\n", {}},
    };
    for (const auto& [sent, received] : recorded)
        EXPECT_EQ(replay(client, sent, received.size()), comparable(received)) << sent;
}

}  // namespace
}  // namespace mote::test
