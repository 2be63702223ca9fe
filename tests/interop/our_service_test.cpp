// A service of ours with an endpoint of each kind, as the official clients of other languages see, ask and read it.

#include <tests/interop/peer.hpp>
#include <tests/micro/hosted_service.hpp>
#include <tests/nats/live.hpp>

#include <mote/micro/service.hpp>
#include <mote/micro/stream.hpp>

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

namespace mote::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

struct terms {
    int a = 0;
    int b = 0;
};
BOOST_DESCRIBE_STRUCT(terms, (), (a, b))

struct outcome {
    int sum = 0;
};
BOOST_DESCRIBE_STRUCT(outcome, (), (sum))

/// What came to handlers that answer nothing. Any thread.
class received {
public:
    void add(std::string_view text) {
        const std::lock_guard lock(mutex_);
        texts_.emplace_back(text);
        came_.notify_all();
    }
    /// What came, in order of the texts, once so many came, or after 20 s.
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, 20s, [&] { return texts_.size() >= count; });
        auto texts = texts_;
        std::sort(texts.begin(), texts.end());
        return texts;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::string> texts_;
};

micro::reply_stream<int> count(int n) {
    for (int i = 1; i <= n; ++i) co_yield i * 10;
}

class our_service : public peer_test {
protected:
    void SetUp() override {
        peer_test::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        server_.emplace();
        host_.emplace(options_for(*server_), [this](const nats::connection&) { return made(); });
    }

    std::string id() {
        return host_->on_loop([this] { return host_->service().id(); });
    }

    /// What the peer's client got by each of these checks, which it makes in this order.
    std::map<std::string, json::value> ask(std::initializer_list<std::string> checks) {
        std::vector<std::string> argv{program(), "client", server_->url()};
        argv.insert(argv.end(), checks);
        const auto ended = run(argv);
        EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
        std::map<std::string, json::value> got;
        std::istringstream lines(ended.out);
        for (std::string line; std::getline(lines, line);) {
            const auto said = json::parse(line).as_object();
            EXPECT_FALSE(said.contains("failed")) << line;
            if (said.contains("got")) got[json::value_to<std::string>(said.at("check"))] = said.at("got");
        }
        EXPECT_EQ(got.size(), checks.size()) << ended.out << ended.err;
        return got;
    }

    received notes;
    received jobs;

private:
    std::unique_ptr<micro::service> made() {
        micro::service_config config;
        config.name = "Mote";
        config.version = "1.2.3";
        config.description = "all kinds";
        config.metadata = {{"language", "c++"}};
        auto service = std::make_unique<micro::service>(std::move(config));
        service->endpoint("echo", [](micro::request& asked) { asked.respond(asked.data()); });
        service->endpoint("add", [](const terms& given) { return outcome{given.a + given.b}; });
        service->endpoint("fail", [](micro::request&) { throw micro::service_error(404, "no such thing", "a body"); });
        service->endpoint("note", [this](micro::event& event) { notes.add(event.data()); });
        service->endpoint("count", count);
        micro::work_options work;
        work.subject = "jobs.do";
        service->work("job", std::move(work), [this](micro::event& job) { jobs.add(job.data()); });
        return service;
    }

    std::optional<nats_server> server_;
    std::optional<hosted_service> host_;
};

TEST_P(our_service, is_found_and_described) {
    auto got = ask({"ping", "info"});
    auto& ping = got["ping"];
    EXPECT_EQ(ping.at("type"), "io.nats.micro.v1.ping_response");
    EXPECT_EQ(ping.at("name"), "Mote");
    EXPECT_EQ(ping.at("version"), "1.2.3");
    EXPECT_EQ(ping.at("id").as_string(), id());
    EXPECT_EQ(ping.at("metadata").at("language"), "c++");
    auto& info = got["info"];
    EXPECT_EQ(info.at("type"), "io.nats.micro.v1.info_response");
    EXPECT_EQ(info.at("description"), "all kinds");
    const auto& endpoints = info.at("endpoints").as_object();
    EXPECT_EQ(endpoints.size(), 6U) << endpoints;
    for (const std::string name : {"echo", "add", "fail", "note", "count", "job"}) {
        ASSERT_TRUE(endpoints.contains(name)) << endpoints;
        const auto& endpoint = endpoints.at(name);
        EXPECT_EQ(endpoint.at("subject").as_string(), name == "job" ? "jobs.do" : name);
        EXPECT_EQ(endpoint.at("kind").as_string(), name == "note" ? "event" : name == "job" ? "work" : "") << name;
    }
    EXPECT_EQ(endpoints.at("echo").at("queue_group"), "q");
}

TEST_P(our_service, answers_requests) {
    auto got = ask({"endpoint", "typed"});
    EXPECT_EQ(got["endpoint"], json::parse(R"({"body":"hello"})"));
    EXPECT_EQ(got["typed"], json::parse(R"({"sum":5})"));
}

TEST_P(our_service, answers_errors_that_are_understood) {
    EXPECT_EQ(ask({"error"})["error"], json::parse(R"({"code":"404","text":"no such thing","body":"a body"})"));
}

TEST_P(our_service, takes_events_and_acknowledges_those_that_are_requests) {
    EXPECT_EQ(ask({"event"})["event"], json::parse(R"({"body":""})"));
    EXPECT_EQ(notes.wait_for(2), (std::vector<std::string>{"asked", "published"}));
}

TEST_P(our_service, keeps_work_and_acknowledges_it_as_jetstream_does) {
    EXPECT_EQ(ask({"work"})["work"], json::parse(R"({"stream":"Mote_job","sequence":2})"));
    EXPECT_EQ(jobs.wait_for(2), (std::vector<std::string>{"acknowledged", "published"}));
}

TEST_P(our_service, answers_with_a_stream_to_its_end) {
    EXPECT_EQ(ask({"stream"})["stream"], json::parse(R"({"items":["1=10","2=20","3=30"],"end":"3"})"));
}

TEST_P(our_service, tells_what_it_counted) {
    auto stats = ask({"endpoint", "error", "stats"})["stats"];
    EXPECT_EQ(stats.at("type"), "io.nats.micro.v1.stats_response");
    const auto& endpoints = stats.at("endpoints").as_object();
    EXPECT_EQ(endpoints.size(), 6U);
    EXPECT_EQ(endpoints.at("echo"), json::parse(R"({"requests":1,"errors":0,"last_error":""})"));
    EXPECT_EQ(endpoints.at("fail"), json::parse(R"({"requests":1,"errors":1,"last_error":"404:no such thing"})"));
    EXPECT_EQ(endpoints.at("job"), json::parse(R"({"requests":0,"errors":0,"last_error":""})"));
}

INSTANTIATE_TEST_SUITE_P(interop, our_service, ::testing::ValuesIn(peers), language_of);

}  // namespace
}  // namespace mote::test
