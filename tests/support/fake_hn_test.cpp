#include <tests/support/fake_hn.hpp>

#include <tests/support/deadline.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <poll.h>
#include <ranges>
#include <set>
#include <sys/socket.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// A kept HTTP connection to a `fake_hn`.
class http_get {
public:
    explicit http_get(const fake_hn& server) : socket_(connect_loopback(server.port())) {}

    void ask(const std::string& path) const {
        const std::string text = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        ASSERT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    /// The status line and the body; empty when nothing came in time or the connection was closed.
    std::pair<std::string, std::string> answer(std::chrono::milliseconds timeout = 5s) {
        const deadline limit{timeout};
        for (;;) {
            const std::size_t end = unread_.find("\r\n\r\n");
            const std::size_t length = unread_.find("Content-Length: ");
            if (end != std::string::npos && length < end) {
                const std::size_t size = end + 4 + std::stoul(unread_.substr(length + 16));
                if (unread_.size() >= size) {
                    const std::string whole = unread_.substr(0, size);
                    unread_.erase(0, size);
                    return {whole.substr(0, whole.find("\r\n")), whole.substr(end + 4)};
                }
            }
            pollfd waited{.fd = socket_.get(), .events = POLLIN, .revents = 0};
            std::array<char, 65536> buffer;
            if (::poll(&waited, 1, limit.poll_timeout()) <= 0) return {};
            const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (count <= 0) return {};
            unread_.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }
    std::string body(const std::string& path) {
        ask(path);
        return answer().second;
    }

private:
    unique_fd socket_;
    std::string unread_;
};

std::string item_path(std::int64_t id) { return "/v0/item/" + std::to_string(id) + ".json"; }

fake_hn_options page_of(std::size_t items) {
    fake_hn_options options;
    options.data.items = items;
    return options;
}

TEST(fake_hn, serves_a_page_and_its_items_on_a_kept_connection) {
    const fake_hn hn(page_of(200));
    http_get client(hn);
    const auto listed =
        boost::json::value_to<std::vector<std::int64_t>>(boost::json::parse(client.body("/v0/topstories.json")));
    EXPECT_EQ(listed, hn.data().ids());
    EXPECT_EQ(listed.size(), 209u);
    EXPECT_EQ(std::set<std::int64_t>(listed.begin(), listed.end()).size(), listed.size());
    std::map<std::int64_t, std::int64_t> times;
    for (const std::int64_t id : listed) {
        const auto item = boost::json::parse(client.body(item_path(id) + "?print=pretty"));
        const auto post = hn.data().posts().find(id);
        if (post == hn.data().posts().end()) continue;
        EXPECT_EQ(item.at("title").as_string(), post->second.title);
        EXPECT_EQ(item.at("id").as_int64(), id);
        times[id] = item.at("time").as_int64();
    }
    EXPECT_EQ(times.size(), 200u);
    EXPECT_EQ(std::ranges::max(times | std::views::values), hn.data().now() - 60);
    EXPECT_EQ(client.body("/v0/item/1.json"), "null");
    client.ask("/v0/nothing.json");
    EXPECT_EQ(client.answer().first, "HTTP/1.1 404 Not Found");
    EXPECT_EQ(hn.connections(), 1u);
    EXPECT_EQ(hn.requests("/v0/topstories.json"), 1u);
    EXPECT_EQ(hn.requests(item_path(listed[0])), 1u);
    EXPECT_EQ(hn.item_requests(), 210u);
    EXPECT_EQ(hn.max_concurrent(), 1u);
}

TEST(fake_hn, knows_what_a_consumer_makes_of_its_page) {
    const fake_hn hn(page_of(500));
    EXPECT_EQ(hn.posts().size(), 500u);
    const std::map<std::string, std::size_t> each_once = {{"null", 1},     {"deleted", 1},  {"dead", 1},
                                                          {"job", 1},      {"comment", 1},  {"poll", 1},
                                                          {"no_title", 1}, {"no_score", 1}, {"no_time", 1}};
    EXPECT_EQ(hn.data().skipped(), each_once);

    const std::int64_t now = hn.data().now();
    const auto top = hn.expected_top(1000, now);
    EXPECT_GT(top.size(), 300u);
    EXPECT_LT(top.size(), 450u);
    EXPECT_EQ(hn.expected_top(1000, now + 50), top) << "a slow test must not change what is expected";
    EXPECT_EQ(hn.expected_top(10, now), std::vector<hn_post>(top.begin(), top.begin() + 10));
    std::size_t by_time = 0;
    std::size_t by_id = 0;
    for (std::size_t at = 1; at < top.size(); ++at) {
        ASSERT_LE(top[at].score, top[at - 1].score);
        ASSERT_LT(now - top[at].time, 24 * 3600);
        if (top[at].score != top[at - 1].score) continue;
        ASSERT_LE(top[at].time, top[at - 1].time);
        by_time += top[at].time != top[at - 1].time;
        if (top[at].time != top[at - 1].time) continue;
        ASSERT_GT(top[at].id, top[at - 1].id);
        ++by_id;
    }
    EXPECT_GT(by_time, 10u);
    EXPECT_GT(by_id, 5u);
    EXPECT_TRUE(
        std::ranges::any_of(top, [](const hn_post& post) { return post.url.starts_with("https://news.ycombinator"); }));
}

TEST(fake_hn, generates_the_same_page_again) {
    hn_data_options options;
    options.now = 1'700'000'000;
    const hn_data one(options);
    const hn_data two(options);
    EXPECT_EQ(one.ids(), two.ids());
    EXPECT_EQ(one.posts(), two.posts());
    options.anomalies = false;
    EXPECT_TRUE(hn_data(options).skipped().empty());
    EXPECT_EQ(hn_data(options).posts(), one.posts());
}

TEST(fake_hn, serves_the_recorded_page_with_its_times_moved) {
    const auto shared = shared_directory();
    if (!shared || !std::filesystem::exists(*shared / "hn")) GTEST_SKIP() << "no recorded page beside this checkout";
    fake_hn_options options;
    options.data.shared = *shared;
    const fake_hn hn(options);
    EXPECT_EQ(hn.data().ids().size(), 509u);
    EXPECT_EQ(hn.posts().size(), 499u);
    EXPECT_EQ(hn.data().skipped().at("job"), 2u);
    EXPECT_EQ(hn.expected_top(1000, hn.data().now() - 60).size(), 137u);  // and one job
    EXPECT_EQ(http_get(hn).body(item_path(hn.posts()[0])), hn.data().item(hn.posts()[0]));
}

TEST(fake_hn, delays_a_thousand_answers_side_by_side) {
    fake_hn hn(page_of(10));
    hn.set_delay(300ms);
    const std::int64_t id = hn.posts()[0];
    std::vector<http_get> clients;
    const auto begin = std::chrono::steady_clock::now();
    for (int count = 0; count < 1000; ++count) clients.emplace_back(hn).ask(item_path(id));
    EXPECT_TRUE(hn.wait_for_item_requests(1000));
    for (http_get& client : clients) ASSERT_EQ(client.answer().first, "HTTP/1.1 200 OK");
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 300ms);
    EXPECT_LT(took, 10s);  // one after another: five minutes
    EXPECT_GT(hn.max_concurrent(), 1u);
    EXPECT_EQ(hn.connections(), 1000u);
}

TEST(fake_hn, fails_hangs_and_lies_on_demand) {
    fake_hn hn(page_of(10));
    http_get client(hn);
    hn.fail_next(2, 503);
    client.ask("/v0/topstories.json");
    EXPECT_EQ(client.answer().first, "HTTP/1.1 503 Service Unavailable");
    client.ask(item_path(hn.posts()[0]));
    EXPECT_EQ(client.answer().first, "HTTP/1.1 503 Service Unavailable");
    client.ask(item_path(hn.posts()[0]));
    EXPECT_EQ(client.answer().first, "HTTP/1.1 200 OK");
    hn.answer_with(item_path(hn.posts()[1]), "{not json");
    EXPECT_EQ(client.body(item_path(hn.posts()[1])), "{not json");
    hn.hang(hn.posts()[2]);
    client.ask(item_path(hn.posts()[2]));
    EXPECT_EQ(client.answer(50ms).first, "");
}

TEST(fake_hn, is_a_program_too) {
    const process program({MOTE_TEST_FAKE_HN, "--port", "0", "--items", "3", "--no-anomalies", "--delay-ms", "1"});
    ASSERT_TRUE(program.wait_for_output("/v0\n"));
    const std::string url = program.out();
    ASSERT_TRUE(url.starts_with("http://127.0.0.1:")) << url;
    EXPECT_TRUE(accepts_connections(static_cast<std::uint16_t>(std::stoi(url.substr(17)))));
    EXPECT_EQ(program.terminate(), exit_status{});
    EXPECT_EQ(run({MOTE_TEST_FAKE_HN, "--nonsense", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace mote::test
