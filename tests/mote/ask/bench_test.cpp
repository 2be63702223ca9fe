// `mote bench`: what it sends, what it measures and how it tells.

#include <tests/mote/ask/shop.hpp>
#include <tests/mote/raw_services.hpp>
#include <tests/support/temp_dir.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_bench : public shop_live {
protected:
    boost::json::value json_of(std::vector<std::string> words) const {
        words.emplace_back("--json");
        const auto result = mote(words);
        EXPECT_EQ(result.exit_code, 0) << result.err;
        return boost::json::parse(result.out);
    }
    static std::string bytes_of(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
};

TEST_F(mote_bench, measures_so_many_requests) {
    const auto result = json_of({"bench", "Shop", "price", "tea", "--count", "2000", "--warm-up", "0s"});
    EXPECT_EQ(text_at(result, "endpoint"), "Shop price");
    EXPECT_EQ(text_at(result, "subject"), "shop.price");
    EXPECT_EQ(result.at("requests"), 2000);
    EXPECT_EQ(result.at("errors"), 0);
    EXPECT_EQ(result.at("in_flight"), 64);
    EXPECT_EQ(result.at("body_size"), 3);
    EXPECT_GT(result.at("rate").to_number<double>(), 0);
    EXPECT_GT(result.at("sent_mb_per_second").to_number<double>(),
              result.at("received_mb_per_second").to_number<double>())
        << "three bytes there, one back";
    std::int64_t before = 0;
    for (const char* const each : {"min", "p50", "p90", "p99", "p99.9", "max"}) {
        const auto time = result.at(each).to_number<std::int64_t>();
        EXPECT_GE(time, before) << each;
        before = time;
    }
    EXPECT_EQ(first->log().prices, 2001) << "and one before, to see whether it can be asked";
}

TEST_F(mote_bench, does_not_measure_the_warm_up) {
    const auto result = json_of({"bench", "Shop", "price", "tea", "--count", "100", "--warm-up", "100ms"});
    EXPECT_EQ(result.at("requests"), 100);
    EXPECT_GT(first->log().prices, 101);
}

TEST_F(mote_bench, measures_for_so_long) {
    const auto result = json_of({"bench", "Shop", "price", "tea", "--duration", "300ms", "--warm-up", "0s"});
    EXPECT_GT(result.at("requests").to_number<int>(), 0);
    EXPECT_EQ(result.at("requests").to_number<int>(), first->log().prices - 1) << "each of them was answered";
    EXPECT_GT(result.at("seconds").to_number<double>(), 0);
}

TEST_F(mote_bench, never_has_more_in_flight_than_allowed) {
    first->log().slow = true;
    const auto result = json_of({"bench", "shop.price", "tea", "--count", "2", "--in-flight", "1", "--warm-up", "0s"});
    EXPECT_GE(result.at("seconds").to_number<double>(), 2.0) << "two that take a second each, one behind the other";
}

TEST_F(mote_bench, keeps_a_rate) {
    const auto result =
        json_of({"bench", "Shop", "price", "tea", "--rate", "200/s", "--duration", "500ms", "--warm-up", "0s"});
    const auto count = result.at("requests").to_number<int>();
    EXPECT_LE(count, 101) << "200 a second for half a second, and one at the begin";
    EXPECT_GT(count, 0);
    EXPECT_EQ(result.at("wanted_rate").to_number<double>(), 200);
}

TEST_F(mote_bench, counts_a_latency_from_the_turn_of_a_request) {
    first->log().slow = true;
    const auto result = json_of(
        {"bench", "shop.price", "tea", "--in-flight", "1", "--rate", "100/s", "--count", "3", "--warm-up", "0s"});
    EXPECT_GE(result.at("max").to_number<std::int64_t>(), 2'900'000'000)
        << "the third had its turn after 20 ms, and was answered after three seconds";
}

TEST_F(mote_bench, tells_people_in_lines) {
    const auto result = mote({"bench", "Shop", "price", "tea", "-n", "500", "-c", "8", "--warm-up", "0s"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "") << "no bar where nobody looks";
    for (const std::string part : {"Endpoint     Shop price on shop.price\n", "8 in flight, 3 bytes each\n",
                                   "500 requests in ", "/s\n", "MB/s sent, ", "Errors       none\n", "p99.9 "})
        EXPECT_TRUE(has(result.out, part));
}

TEST_F(mote_bench, draws_a_bar_on_a_terminal) {
    const auto shown = mote_on_terminal({"bench", "Shop", "price", "tea", "--count", "500", "--warm-up", "1ms"});
    EXPECT_TRUE(has(shown, "warming up"));
    EXPECT_TRUE(has(shown, "/500"));
    EXPECT_TRUE(has(shown, "500 requests in "));
    const auto without =
        mote_on_terminal({"bench", "Shop", "price", "tea", "--count", "500", "--warm-up", "1ms", "--no-progress"});
    EXPECT_TRUE(has_not(without, "warming up"));
}

TEST_F(mote_bench, writes_csv_to_a_file_or_standard_output) {
    const temp_dir folder;
    const auto path = (folder.path() / "result.csv").string();
    const std::string titles =
        "endpoint,subject,in_flight,body_size,wanted_rate,seconds,requests,errors,rate,sent_mb_per_second,"
        "received_mb_per_second,min_ns,avg_ns,p50_ns,p90_ns,p99_ns,p99.9_ns,max_ns\n";
    const std::vector<std::string> words{"bench", "Shop", "price", "tea", "--count", "50", "--warm-up", "0s", "--csv"};
    auto to_file = words;
    to_file.push_back(path);
    const auto lines = mote(to_file);
    EXPECT_TRUE(has(lines.out, "50 requests in ")) << "beside the lines for people";
    const auto written = bytes_of(path);
    EXPECT_TRUE(written.starts_with(titles + "Shop price,shop.price,64,3,,")) << written;
    auto to_output = words;
    to_output.emplace_back("-");
    const auto out = mote(to_output).out;
    EXPECT_TRUE(out.starts_with(titles)) << out;
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
    auto nowhere = words;
    nowhere.push_back((folder.path() / "absent" / "x.csv").string());
    const auto failed = mote(nowhere);
    EXPECT_EQ(failed.exit_code, 2);
    EXPECT_TRUE(is_one_line(failed.err, {"x.csv", "No such file"}));
}

TEST_F(mote_bench, sends_what_it_is_told_to) {
    const raw_services echo(server->port(), {{"a.subject", {{"ok", ""}}}});
    const std::vector<std::string> few{"--count", "2", "--warm-up", "0s", "--in-flight", "1"};
    const auto sent = [&](std::vector<std::string> words, const std::string& input = {}) {
        words.insert(words.begin(), {"bench", "a.subject"});
        words.insert(words.end(), few.begin(), few.end());
        EXPECT_EQ(mote(words, {}, input).exit_code, 0);
        return echo.requests().back();
    };
    EXPECT_EQ(sent({"some data"}).payload, "some data");
    EXPECT_EQ(sent({"--size", "1000"}).payload.size(), 1000U);
    EXPECT_EQ(sent({"-"}, "from input").payload, "from input");
    EXPECT_EQ(sent({"x", "-H", "Trace:on"}).headers, "NATS/1.0\r\nTrace: on\r\n\r\n");
    EXPECT_EQ(mote({"bench", "a.subject", "x", "--size", "3"}).exit_code, 2) << "the body is given twice";
    EXPECT_EQ(json_of({"bench", "Shop", "find", "--name", "tea", "--count", "5", "--warm-up", "0s"}).at("requests"), 5)
        << "flags of the schema";
}

TEST_F(mote_bench, sends_bodies_that_are_together_larger_than_what_may_wait_to_be_sent) {
    const auto result = json_of({"bench", "Shop", "who", "--size", "500000", "--count", "100", "--warm-up", "0s"});
    EXPECT_EQ(result.at("requests"), 100);
    EXPECT_EQ(result.at("errors"), 0);
    const auto too_large = mote({"bench", "Shop", "who", "--size", "2000000"});
    EXPECT_EQ(too_large.exit_code, 1);
    EXPECT_TRUE(is_one_line(too_large.err, {"maximum payload exceeded"}));
}

TEST_F(mote_bench, takes_one_answer_to_a_request) {
    const raw_services twice(server->port(), {{"a.subject", {{"one", ""}, {"two", ""}}}});
    const auto result = json_of({"bench", "a.subject", "x", "--count", "200", "--warm-up", "0s", "--in-flight", "4"});
    EXPECT_EQ(result.at("requests"), 200);
    EXPECT_EQ(twice.requests().size(), 201U);
}

TEST_F(mote_bench, counts_errors_by_code_and_exits_7) {
    const std::vector<std::string> words{"bench", "Shop", "price", "milk", "--count", "100", "--warm-up", "0s"};
    const auto refused = mote(words);
    EXPECT_EQ(refused.exit_code, 7) << "who measures errors mostly did not mean to";
    EXPECT_TRUE(is_one_line(refused.err, {"404: there is no milk", "nothing was measured", "--no-check"}));
    auto all_the_same = words;
    all_the_same.emplace_back("--no-check");
    const auto result = mote(all_the_same);
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_TRUE(has(result.out, "Errors       100 404\n"));
}

TEST_F(mote_bench, counts_requests_without_an_answer_and_exits_6) {
    // Answers the first question and then nothing more.
    raw_client once(server->port());
    once.subscribe("once");
    once.flush();
    process started(command_environment::line(
                        {"bench", "once", "x", "--count", "3", "--warm-up", "0s", "--timeout", "300ms", "--json"}),
                    environment.options({{"NATS_URL", server->url()}}));
    const auto asked = once.read_frame();
    once.publish(parse_raw_frame(asked).reply, "here");
    for (int each = 0; each < 3; ++each) once.read_frame();
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 6);
    const auto result = boost::json::parse(started.out());
    EXPECT_EQ(result.at("errors_by_code").at("timeout"), 3);
    EXPECT_EQ(result.at("requests"), 3);
    EXPECT_EQ(result.at("rate").to_number<double>(), 0);
}

TEST_F(mote_bench, ends_at_once_with_what_is_the_matter) {
    const auto nobody = mote({"bench", "nobody.here", "x", "--timeout", "1h"});
    EXPECT_EQ(nobody.exit_code, 5);
    EXPECT_TRUE(is_one_line(nobody.err, {"nobody.here: no responders"}));
    const auto stream = mote({"bench", "Shop", "count", "3"});
    EXPECT_EQ(stream.exit_code, 2);
    EXPECT_TRUE(is_one_line(stream.err, {"Shop count answers with a stream"}));
    const auto absent = mote({"bench", "Shop", "prise", "tea"});
    EXPECT_EQ(absent.exit_code, 5);
    EXPECT_TRUE(is_one_line(absent.err, {"has no endpoint \"prise\"", "price"}));
    const auto wrong = mote({"bench", "Shop", "order", "{"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"the body is no JSON"}));
}

TEST_F(mote_bench, prints_what_it_has_at_ctrl_c_and_exits_130) {
    process started(command_environment::line({"bench", "Shop", "price", "tea", "--duration", "1h", "--warm-up", "0s"}),
                    environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(soon([this] { return first->log().prices >= 500; }));
    started.kill(SIGINT);
    const auto ended = started.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
    EXPECT_TRUE(has(started.out(), " requests in "));
    EXPECT_TRUE(has(started.out(), "Latency      min "));
}

TEST_F(mote_bench, prints_what_it_has_when_the_server_goes_away) {
    process started(command_environment::line({"bench", "Shop", "price", "tea", "--duration", "1h", "--warm-up", "0s"}),
                    environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(soon([this] { return first->log().prices >= 500; }));
    server->kill();
    const auto ended = started.wait(30s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 3) << started.err();
    EXPECT_TRUE(has(started.out(), " requests in "));
    EXPECT_TRUE(has(started.err(), "the connection to the server was lost"));
}

}  // namespace
}  // namespace mote::test
