// A function's log, over HTTP.

#include <tests/gateway/system_api_fixture.hpp>

namespace mote::test {
namespace {

/// The texts of an answer's lines; fails the test when one is no JSON.
std::vector<std::string> texts_in(const std::string& lines) {
    std::vector<std::string> texts;
    std::istringstream in(lines);
    std::string line;
    while (std::getline(in, line)) {
        boost::json::error_code failed;
        const auto value = boost::json::parse(line, failed);
        EXPECT_FALSE(failed) << line;
        if (!failed) texts.emplace_back(value.at("text").as_string());
    }
    return texts;
}

/// Writes lines that are given with a `|` between them.
asio::awaitable<void> write_lines(api_front& web, std::string function, std::string instance, std::string texts) {
    functions::log_writer writer(web.stores.logs);
    const auto name = functions::function_name::parse(function);
    std::istringstream in(texts);
    std::string text;
    while (std::getline(in, text, '|')) writer.append(name, instance, text);
    const auto left = co_await writer.stop(20s);
    EXPECT_EQ(left, 0U);
}

using texts = std::vector<std::string>;

/// Queries and what they choose of what the test writes.
std::vector<std::pair<std::string, texts>> choices() {
    return {
        {"name=f&tail=2", {"b", "c"}},
        {"name=f&tail=-1&follow=0", {"a", "b", "c"}},
        {"name=f&tail=0", {"a", "b", "c"}},
        {"name=f&instance=2", {"c"}},
        {"name=f&instance=3", {}},
        {"name=f&namespace=dev", {"d"}},
        {"name=f.dev", {"d"}},
        {"name=f&since=2020-01-01T00:00:00Z", {"a", "b", "c"}},
        {"name=f&since=2020-01-01T00%3A00%3A00%2B02%3A00", {"a", "b", "c"}},
        {"name=f&since=2199-01-01T00:00:00Z", {}},
    };
}

class system_api_logs : public system_api_test {};

TEST_F(system_api_logs, of_a_function_begin_with_its_own) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        co_await web.deploy("g");
        co_await write_lines(web, "f", "1", "of the first");
        co_await write_lines(web, "g", "1", "of g");
        const std::string body = R"({"service":"f","image":"functions/http-echo"})";
        const auto refused = co_await web.ask("POST", "/system/functions", body);
        EXPECT_GE(refused.status, 400) << "it is there";
        const auto kept = co_await web.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(texts_in(kept.body), texts{"of the first"});
        co_await web.ask("DELETE", "/system/functions", R"({"functionName":"f"})");
        const auto again = co_await web.ask("POST", "/system/functions", body);
        EXPECT_EQ(again.status, 202) << again.body;
        const auto none = co_await web.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(none.body, "");
        co_await write_lines(web, "f", "1", "of the second");
        const auto own = co_await web.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(texts_in(own.body), texts{"of the second"});
        const auto other = co_await web.ask("GET", "/system/logs?name=g");
        EXPECT_EQ(texts_in(other.body), texts{"of g"});
    });
}

TEST_F(system_api_logs, are_lines_of_json_and_end_when_not_followed) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        co_await web.deploy("g");
        const auto none = co_await web.ask("GET", "/system/logs?name=f&follow=false");
        EXPECT_EQ(none.status, 200);
        EXPECT_EQ(none.body, "");
        EXPECT_EQ(none.header("Content-Type"), "application/x-ndjson");
        co_await write_lines(web, "f", "1", "one|t\"wo\n|three");
        co_await write_lines(web, "g", "1", "other");
        const auto all = co_await web.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(texts_in(all.body), (texts{"one", "t\"wo\n", "three"}));
        const auto first = boost::json::parse(all.body.substr(0, all.body.find('\n')));
        EXPECT_EQ(first.at("name"), boost::json::value("f"));
        EXPECT_EQ(first.at("namespace"), boost::json::value("openfaas-fn"));
        EXPECT_EQ(first.at("instance"), boost::json::value("1"));
        EXPECT_TRUE(first.at("timestamp").as_string().ends_with("Z"));
        const auto head = co_await web.ask("HEAD", "/system/logs?name=f&follow=true");
        EXPECT_EQ(head.status, 200);
    });
}

TEST_F(system_api_logs, are_chosen_by_tail_instance_time_and_namespace) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/dev");
        co_await web.deploy("f");
        co_await web.deploy("f", R"(,"namespace":"dev")");
        co_await write_lines(web, "f", "1", "a|b");
        co_await write_lines(web, "f", "2", "c");
        co_await write_lines(web, "f.dev", "1", "d");
        for (const auto& [query, expected] : choices()) {
            const auto answer = co_await web.ask("GET", "/system/logs?" + query);
            EXPECT_EQ(answer.status, 200) << query << answer.body;
            EXPECT_EQ(texts_in(answer.body), expected) << query;
        }
    });
}

TEST_F(system_api_logs, refuses_a_query_that_is_wrong_by_its_field) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        const std::vector<std::pair<std::string, std::string>> all{
            {"", "name: "},
            {"name=", "name: "},
            {"name=F", "\"F\": "},
            {"name=f&tail=x", "tail: "},
            {"name=f&tail=99999999999", "tail: "},
            {"name=f&tail=1x", "tail: "},
            {"name=f&follow=maybe", "follow: "},
            {"name=f&since=yesterday", "since: "},
            {"name=f&since=2020-01-01T00:00:00Z%22", "since: "},
            {"name=f&namespace=B", "namespace: "},
            {"name=f&instance=" + std::string(300, 'x'), "instance: "},
        };
        for (const auto& [query, field] : all) {
            const auto answer = co_await web.ask("GET", "/system/logs?" + query);
            EXPECT_EQ(answer.status, 400) << query;
            EXPECT_TRUE(answer.body.starts_with(field)) << query << ": " << answer.body;
        }
        const auto missing = co_await web.ask("GET", "/system/logs?name=none");
        EXPECT_EQ(missing.status, 404);
    });
}

TEST_F(system_api_logs, are_followed_line_by_line_until_the_peer_goes) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        auto peer = co_await raw_conversation::begin(
            web.server.port(), "GET /system/logs?name=f&follow=true&tail=-1 HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto head = co_await peer.read_until("\r\n\r\n");  // before there is any line
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
        EXPECT_TRUE(contains(head, "Transfer-Encoding: chunked")) << head;
        co_await write_lines(web, "f", "1", "one");
        const auto first = co_await peer.read_until("\"one\"");
        EXPECT_TRUE(contains(first, "\"one\""));
        co_await write_lines(web, "f", "1", "two");
        const auto second = co_await peer.read_until("\"two\"");
        EXPECT_TRUE(contains(second, "\"two\""));
        EXPECT_EQ(web.server.in_flight(), 1U);
        peer.close();
        const bool gone = co_await eventually([&] { return web.server.in_flight() == 0; });
        EXPECT_TRUE(gone);
    });
}

TEST_F(system_api_logs, end_whole_when_the_gateway_ends) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.deploy("f");
        auto peer = co_await raw_conversation::begin(
            web.server.port(), "GET /system/logs?name=f&follow=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        co_await peer.read_until("\r\n\r\n");
        web.api.stop();
        const auto all = co_await peer.read_all();
        EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n")) << all;
        const auto later = co_await web.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(later.status, 503);
    });
}

class system_api_log_limits : public live_test {
protected:
    static asio::awaitable<void> follow_shortly(nats_server&, jetstream::context js) {
        auto stores = co_await api_stores::open(js);
        gateway::system_options opts;
        opts.max_follow = 50ms;
        api_front front(js, stores, opts);
        co_await front.ready();
        co_await front.deploy("f");
        const auto answer = co_await front.ask("GET", "/system/logs?name=f&follow=true");
        EXPECT_EQ(answer.status, 200);
        co_await front.stop();
    }
    static asio::awaitable<void> follow_twice(nats_server&, jetstream::context js) {
        auto stores = co_await api_stores::open(js);
        gateway::system_options opts;
        opts.max_log_readers = 1;
        api_front front(js, stores, opts);
        co_await front.ready();
        co_await front.deploy("f");
        auto peer = co_await raw_conversation::begin(front.server.port(),
                                                     "GET /system/logs?name=f&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        co_await peer.read_until("\r\n\r\n");
        const auto second = co_await front.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(second.status, 429);
        EXPECT_TRUE(second.header("Retry-After"));
        peer.close();
        const bool gone = co_await eventually([&] { return front.server.in_flight() == 0; });
        EXPECT_TRUE(gone);
        const auto third = co_await front.ask("GET", "/system/logs?name=f");
        EXPECT_EQ(third.status, 200);
        co_await front.stop();
    }
};

TEST_F(system_api_log_limits, end_a_log_that_was_followed_for_long_enough) { with_jetstream(follow_shortly); }
TEST_F(system_api_log_limits, refuse_more_readers_than_there_may_be) { with_jetstream(follow_twice); }

}  // namespace
}  // namespace mote::test
