// One line of JSON for each request, whatever peers send; and what becomes of lines that nobody takes.

#include <mote/gateway/access_log.hpp>
#include <mote/gateway/detail/line_buffer.hpp>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using gateway::access_line;
using gateway::access_log;
using gateway::access_log_options;
using gateway::access_record;

namespace json = boost::json;

access_record usual() {
    access_record one;
    one.time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + 10h + 5min + 7ms + 900us;
    one.peer = "127.0.0.1";
    one.method = "POST";
    one.path = "/function/echo";
    one.status = 200;
    one.bytes_in = 2;
    one.bytes_out = 3;
    one.duration = 1'412'345ns;
    one.call_id = "id";
    one.function = "echo.openfaas-fn";
    one.user_agent = "curl/8";
    one.user = "admin";
    return one;
}

json::object parsed(const std::string& line) {
    EXPECT_TRUE(line.ends_with("}\n")) << line;
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    return json::parse(line).as_object();
}

bool is_printable(std::string_view line) {
    return std::ranges::none_of(line.substr(0, line.size() - 1),
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Takes at most `room` bytes.
struct narrow_sink {
    gateway::log_sink sink() {
        return [this](std::string_view lines) {
            ++calls;
            const auto taken = std::min(room, lines.size());
            room -= taken;
            text.append(lines.substr(0, taken));
            return taken;
        };
    }
    std::size_t room = std::string::npos;
    std::string text;
    int calls = 0;
};

TEST(access_line, has_all_of_a_request_in_one_object) {
    EXPECT_EQ(
        access_line(usual()),
        R"({"time":"2026-11-25T10:05:00.007Z","peer":"127.0.0.1","method":"POST","path":"/function/echo","status":200,)"
        R"("bytes_in":2,"bytes_out":3,"duration_ms":1.412,"call_id":"id","function":"echo.openfaas-fn",)"
        R"("user_agent":"curl/8","user":"admin"})"
        "\n");
}

TEST(access_line, leaves_out_what_is_empty) {
    access_record none;
    none.status = -1;
    none.duration = -5ns;
    EXPECT_EQ(access_line(none),
              R"({"time":"1970-01-01T00:00:00.000Z","status":0,"bytes_in":0,"bytes_out":0,"duration_ms":0.000})"
              "\n");
}

TEST(access_line, never_has_a_query) {
    auto one = usual();
    one.path = "/system/functions?token=hunter2";
    EXPECT_EQ(access_line(one).find("hunter2"), std::string::npos);
    EXPECT_EQ(parsed(access_line(one)).at("path"), "/system/functions");
}

TEST(access_line, escapes_whatever_could_end_it_or_move_a_cursor) {
    auto one = usual();
    one.user_agent =
        "a\"b\\c\n\r\t\x1b[2J\0\x7f\xC2\x9B"
        "1m\xC3\xA4\xE2\x82\xAC"sv;
    const auto line = access_line(one);
    EXPECT_TRUE(is_printable(line)) << line;
    EXPECT_EQ(line.find("\xC2\x9B"), std::string::npos);
    EXPECT_EQ(parsed(line).at("user_agent").as_string(), one.user_agent);  // nothing is lost
}

TEST(access_line, has_a_mark_for_bytes_that_are_no_text) {
    auto one = usual();
    one.user = "a\xFF\xC3(\xED\xA0\x80";
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(parsed(access_line(one)).at("user").as_string(), "a" + mark + mark + "(" + mark + mark + mark);
}

TEST(access_line, is_bounded_whatever_is_in_it) {
    for (const std::string unit : {"x", "\x01", "\"", "\xFF", "\xF0\x9F\x98\x80"}) {
        std::string much;
        for (int i = 0; i < 20'000; ++i) much += unit;
        auto one = usual();
        one.peer = one.method = one.path = one.call_id = one.function = one.user_agent = one.user = one.reason = much;
        one.bytes_in = one.bytes_out = UINT64_MAX;
        one.duration = std::chrono::nanoseconds::max();
        const auto line = access_line(one);
        EXPECT_LE(line.size(), gateway::max_access_line);
        EXPECT_TRUE(std::string_view(parsed(line).at("path").as_string()).ends_with("..."));
    }
}

TEST(access_line, is_not_cut_when_a_text_just_fits) {
    auto one = usual();
    const std::string agent(512, 'x');
    one.user_agent = agent;
    EXPECT_EQ(parsed(access_line(one)).at("user_agent").as_string(), agent);
}

TEST(access_log, collects_lines_until_it_is_asked_to_write) {
    boost::asio::io_context loop;
    narrow_sink to;
    access_log log(loop.get_executor(), to.sink());
    log.add(usual());
    log.add(usual());
    EXPECT_EQ(to.calls, 0);
    EXPECT_EQ(log.waiting(), 2 * access_line(usual()).size());
    log.flush();
    EXPECT_EQ(to.calls, 1);
    EXPECT_EQ(to.text, access_line(usual()) + access_line(usual()));
    EXPECT_EQ(log.waiting(), 0u);
    log.flush();
    EXPECT_EQ(to.calls, 1);  // nothing to write
}

TEST(access_log, writes_by_itself_after_the_delay) {
    boost::asio::io_context loop;
    narrow_sink to;
    access_log_options opts;
    opts.delay = 1ms;
    access_log log(loop.get_executor(), to.sink(), opts);
    for (int round = 1; round <= 2; ++round) {
        log.add(usual());
        loop.restart();
        loop.run();  // ends when nothing is left to wait for
        EXPECT_EQ(to.calls, round);
    }
    EXPECT_EQ(to.text, access_line(usual()) + access_line(usual()));
}

TEST(access_log, writes_at_once_when_much_waits) {
    boost::asio::io_context loop;
    narrow_sink to;
    access_log log(loop.get_executor(), to.sink());
    const auto length = access_line(usual()).size();
    for (std::size_t size = length; size < std::size_t{64} * 1024; size += length) log.add(usual());
    EXPECT_EQ(to.calls, 0);
    log.add(usual());
    EXPECT_EQ(to.calls, 1);
    EXPECT_EQ(log.waiting(), 0u);
}

TEST(access_log, says_why_a_listener_refused_what_nobody_was_asked_for) {
    auto one = usual();
    one.reason = "no\nHost";
    EXPECT_TRUE(access_line(one).ends_with(",\"reason\":\"no\\u000aHost\"}\n")) << access_line(one);
    EXPECT_EQ(access_line(usual()).find("reason"), std::string::npos);
}

TEST(access_log, writes_the_rest_when_it_ends) {
    boost::asio::io_context loop;
    narrow_sink to;
    {
        access_log(loop.get_executor(), to.sink()).add(usual());
    }
    EXPECT_EQ(to.text, access_line(usual()));
    loop.run();  // no timer is left that would use it
    EXPECT_EQ(to.calls, 1);
}

TEST(access_log, offers_again_what_was_not_taken) {
    boost::asio::io_context loop;
    narrow_sink to;
    to.room = 10;
    access_log_options opts;
    opts.delay = 1ms;
    access_log log(loop.get_executor(), to.sink(), opts);
    log.add(usual());
    log.flush();
    EXPECT_EQ(log.waiting(), access_line(usual()).size() - 10);
    to.room = std::string::npos;
    loop.run();
    EXPECT_EQ(to.text, access_line(usual()));
}

TEST(access_log, does_not_ask_a_full_sink_for_each_request) {
    boost::asio::io_context loop;
    narrow_sink to;
    to.room = 0;
    access_log_options opts;
    opts.flush_at = 1;
    access_log log(loop.get_executor(), to.sink(), opts);
    for (int i = 0; i < 100; ++i) log.add(usual());
    EXPECT_EQ(to.calls, 1);
}

TEST(access_log, drops_and_counts_what_does_not_fit_and_says_so_later) {
    boost::asio::io_context loop;
    narrow_sink to;
    to.room = 0;
    access_log_options opts;
    const auto length = access_line(usual()).size();
    opts.max_waiting = 2 * length + 5;
    access_log log(loop.get_executor(), to.sink(), opts);
    for (int i = 0; i < 5; ++i) log.add(usual());
    EXPECT_EQ(log.dropped(), 3u);
    EXPECT_EQ(log.waiting(), 2 * length);

    to.room = std::string::npos;
    log.flush();
    log.add(usual());
    log.flush();
    EXPECT_EQ(log.dropped(), 3u);
    const auto third = to.text.substr(2 * length);
    const auto told = json::parse(third.substr(0, third.find('\n'))).as_object();
    EXPECT_EQ(told.at("dropped"), 3);
    EXPECT_TRUE(told.contains("time"));
    EXPECT_TRUE(to.text.ends_with(access_line(usual())));
    log.flush();
    EXPECT_EQ(to.text.find("dropped"), to.text.rfind("dropped"));  // said once
}

TEST(access_log, believes_no_sink_that_takes_more_than_there_is) {
    boost::asio::io_context loop;
    access_log log(loop.get_executor(), [](std::string_view) { return std::string::npos; });
    log.add(usual());
    log.flush();
    EXPECT_EQ(log.waiting(), 0u);
}

}  // namespace
}  // namespace mote::test
