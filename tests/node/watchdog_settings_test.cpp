#include <mote/node/watchdog_settings.hpp>

#include <mote/functions/description.hpp>
#include <mote/functions/error.hpp>

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mote::node {
namespace {

using namespace std::chrono_literals;
using words = std::vector<std::string>;

/// Reads the variables, with a command where they have none.
watchdog_settings read(variables from, run_mode without_mode = run_mode::streaming) {
    from.try_emplace("fprocess", "cat");
    return read_watchdog_settings(from, without_mode);
}

/// What is said of variables that cannot be read; empty when they can.
std::string refused_settings(const variables& from, run_mode without_mode = run_mode::streaming) {
    try {
        read(from, without_mode);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), functions::errc::bad_setting);
        return error.what();
    }
    return {};
}

/// The text names variable, value and what is wanted.
void expect_refused(const std::string& name, const std::string& value, const std::string& wanted = {}) {
    const auto text = refused_settings({{name, value}});
    EXPECT_NE(text.find(name + "=\"" + value + "\""), std::string::npos) << name << " " << value << ": " << text;
    EXPECT_NE(text.find(wanted), std::string::npos) << text;
}

TEST(watchdog_settings, has_the_defaults_of_of_watchdog) {
    const auto got = read({});
    EXPECT_EQ(got.mode, run_mode::streaming);
    EXPECT_EQ(got.command, words{"cat"});
    EXPECT_FALSE(got.upstream);
    EXPECT_EQ(got.read_timeout, 30s);
    EXPECT_EQ(got.write_timeout, 30s);
    EXPECT_EQ(got.exec_timeout, 30s);
    EXPECT_EQ(got.healthcheck_interval, 30s);
    EXPECT_EQ(got.max_inflight, 0U);
    EXPECT_EQ(got.content_type, "application/octet-stream");
    EXPECT_TRUE(got.prefix_logs);
    EXPECT_EQ(got.log_buffer_size, 65536);
    EXPECT_FALSE(got.log_callid);
    EXPECT_FALSE(got.buffer_request);
    EXPECT_EQ(got.ready_path, "");
    EXPECT_FALSE(got.suppress_lock);
    EXPECT_EQ(got.static_path, "/home/app/public");
}

TEST(watchdog_settings, has_the_defaults_of_the_classic_watchdog) {
    const auto got = read({}, run_mode::classic);
    EXPECT_EQ(got.mode, run_mode::classic);
    EXPECT_EQ(got.exec_timeout, 0s);
    EXPECT_EQ(got.content_type, "");
    EXPECT_TRUE(got.combine_output);
    EXPECT_TRUE(got.cgi_headers);
    EXPECT_FALSE(got.write_debug);
}

TEST(watchdog_settings, takes_the_mode_over_that_of_the_bundle) {
    for (const auto mode : {run_mode::classic, run_mode::serializing, run_mode::streaming, run_mode::http,
                            run_mode::static_files, run_mode::micro})
        EXPECT_EQ(read({{"mode", std::string(to_string(mode))}}, run_mode::classic).mode, mode);
    EXPECT_EQ(read({{"mode", ""}}, run_mode::http).mode, run_mode::http);
    EXPECT_EQ(to_string(static_cast<run_mode>(99)), "unknown");
}

TEST(watchdog_settings, refuses_modes_that_are_not_here) {
    for (const auto* mode : {"inproc", "afterburn", "HTTP", "fork"}) expect_refused("mode", mode, "serializing");
}

TEST(watchdog_settings, splits_the_command_at_white_space_only) {
    EXPECT_EQ(read({{"fprocess", "  sh  -c\t'a b' \"c\" \\d \n"}}).command,
              (words{"sh", "-c", "'a", "b'", "\"c\"", "\\d"}));
}

TEST(watchdog_settings, takes_function_process_over_fprocess) {
    EXPECT_EQ(read({{"fprocess", "a"}, {"function_process", "b"}}).command, words{"b"});
    EXPECT_EQ(read({{"fprocess", "a"}, {"function_process", " "}}).command, words{"a"});
}

TEST(watchdog_settings, wants_a_command_unless_only_files_are_served) {
    EXPECT_NE(refused_settings({{"fprocess", " "}}).find("fprocess"), std::string::npos);
    EXPECT_EQ(refused_settings({{"fprocess", ""}, {"mode", "static"}}), "");
    EXPECT_NE(refused_settings({{"fprocess", std::string("a\0b", 3)}}).find("NUL"), std::string::npos);
}

TEST(watchdog_settings, reads_times_as_seconds_or_as_go_writes_them) {
    const auto got = read({{"read_timeout", "5"},
                           {"write_timeout", "1m30s"},
                           {"exec_timeout", "250ms"},
                           {"healthcheck_interval", " 2s "}});
    EXPECT_EQ(got.read_timeout, 5s);
    EXPECT_EQ(got.write_timeout, 90s);
    EXPECT_EQ(got.exec_timeout, 250ms);
    EXPECT_EQ(got.healthcheck_interval, 2s);
}

TEST(watchdog_settings, waits_before_a_stop_as_long_as_an_answer_may_take) {
    EXPECT_EQ(read({{"write_timeout", "7s"}}).healthcheck_interval, 7s);
    EXPECT_EQ(read({{"write_timeout", "7s"}, {"healthcheck_interval", "0"}}).healthcheck_interval, 0s);
}

TEST(watchdog_settings, lets_the_run_be_without_end_but_not_the_answer) {
    EXPECT_EQ(read({{"exec_timeout", "0"}}).exec_timeout, 0s);
    EXPECT_EQ(read({{"exec_timeout", "3"}}, run_mode::classic).exec_timeout, 3s);
    expect_refused("write_timeout", "0", "more than zero");
    expect_refused("write_timeout", "0s");
}

TEST(watchdog_settings, refuses_times_that_are_none) {
    for (const auto* name : {"read_timeout", "write_timeout", "exec_timeout", "healthcheck_interval"})
        for (const auto* value :
             {"soon", "-1", "-1s", "1.5", "5 s", "1d", "9223372036854775807", "99999999999999999999"})
            expect_refused(name, value, "1m30s");
}

TEST(watchdog_settings, reads_where_the_process_listens) {
    const auto at = [](std::string text) {
        return read({{"upstream_url", std::move(text)}, {"mode", "http"}}).upstream.value();
    };
    EXPECT_EQ(at("http://127.0.0.1:8000"), (upstream_address{8000, {}, {}}));
    EXPECT_EQ(at("http://localhost:8000/"), (upstream_address{8000, {}, {}}));
    EXPECT_EQ(at("127.0.0.1:65535"), (upstream_address{65535, {}, {}}));
    EXPECT_EQ(at("8000"), (upstream_address{8000, {}, {}}));
    EXPECT_EQ(at("http://127.0.0.1:8000/api/v1/"), (upstream_address{8000, {}, "/api/v1"}));
    EXPECT_EQ(at("unix:/run/f.sock"), (upstream_address{0, "/run/f.sock", {}}));
    EXPECT_EQ(at("unix:///run/f.sock"), (upstream_address{0, "/run/f.sock", {}}));
    EXPECT_EQ(read({{"upstream_url", "1"}, {"http_upstream_url", "2"}}).upstream->port, 2);
    EXPECT_FALSE(read({{"upstream_url", ""}}).upstream);
}

TEST(watchdog_settings, refuses_a_process_that_is_elsewhere) {
    for (const auto* url :
         {"http://example.com:80", "https://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",
          "http://127.0.0.1:80:80", "http://127.0.0.1:80/a b", "http://127.0.0.1:80/a?b", "unix:relative",
          "unix:", "unix:/", "http://user@127.0.0.1:80", "-1"})
        expect_refused("upstream_url", url, "unix:/PATH");
    expect_refused("http_upstream_url", "x");
    EXPECT_NE(refused_settings({{"upstream_url", "unix:/" + std::string(107, 'x')}}), "");
    EXPECT_FALSE(parse_upstream_address(std::string_view("unix:/a\0b", 9)));
}

TEST(watchdog_settings, reads_numbers) {
    const auto got = read({{"max_inflight", "7"}, {"log_buffer_size", "-1"}});
    EXPECT_EQ(got.max_inflight, 7U);
    EXPECT_EQ(got.log_buffer_size, -1);
    for (const auto* value : {"-1", "x", "1x", "1.5"}) expect_refused("max_inflight", value, "from 0");
    for (const auto* value : {"0", "-2", "x", "64k"}) expect_refused("log_buffer_size", value, "-1");
}

TEST(watchdog_settings, refuses_quotes_around_what_it_reads) {
    expect_refused("fprocess", "\"python3 index.py\"", "a command, without its quotes");
    expect_refused("function_process", "'./run'", "a command, without its quotes");
    expect_refused("mode", "\"http\"", "micro, without its quotes");
    const auto got = read({{"fprocess", "sh -c \"date\""}});
    EXPECT_EQ(got.command, (std::vector<std::string>{"sh", "-c", "\"date\""})) << "letters of an argument";
    EXPECT_THROW(functions::read_deployment(R"({"service":"f","image":"a/b","envProcess":"'tr a-z A-Z'"})"),
                 boost::system::system_error);
}

TEST(watchdog_settings, reads_switches) {
    const std::vector<std::pair<std::string, bool watchdog_settings::*>> switches = {
        {"combine_output", &watchdog_settings::combine_output},
        {"cgi_headers", &watchdog_settings::cgi_headers},
        {"prefix_logs", &watchdog_settings::prefix_logs},
        {"log_callid", &watchdog_settings::log_callid},
        {"log_call_id", &watchdog_settings::log_callid},
        {"http_buffer_req_body", &watchdog_settings::buffer_request},
        {"buffer_http", &watchdog_settings::buffer_request},
        {"suppress_lock", &watchdog_settings::suppress_lock},
        {"write_debug", &watchdog_settings::write_debug}};
    for (const auto& [name, member] : switches) {
        for (const auto* yes : {"true", "True", "1"}) EXPECT_TRUE(read({{name, yes}}).*member) << name;
        for (const auto* no : {"false", "FALSE", "0"}) EXPECT_FALSE(read({{name, no}}).*member) << name;
        EXPECT_EQ(read({{name, ""}}).*member, watchdog_settings().*member) << name;
        expect_refused(name, "yes", "true or false");
    }
}

TEST(watchdog_settings, reads_texts) {
    const auto got =
        read({{"content_type", "text/html; charset=utf-8"}, {"ready_path", "/ready?x"}, {"static_path", "/srv"}});
    EXPECT_EQ(got.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(got.ready_path, "/ready?x");
    EXPECT_EQ(got.static_path, "/srv");
    expect_refused("content_type", "text/plain\r\nX: y");
    expect_refused("ready_path", "ready");
    expect_refused("ready_path", "/a b");
    expect_refused("static_path", "public");
}

TEST(watchdog_settings, refuses_what_would_silently_be_missing) {
    expect_refused("jwt_auth", "true", "not supported");
    expect_refused("marshal_request", "true", "not supported");
    EXPECT_EQ(refused_settings({{"jwt_auth", "false"}, {"marshal_request", "0"}}), "");
}

TEST(watchdog_settings, lets_variables_be_that_have_no_effect_here) {
    EXPECT_EQ(
        refused_settings(
            {{"port", "x"}, {"metrics_port", "x"}, {"debug_headers", "x"}, {"jwt_auth_debug", "x"}, {"MY_OWN", "x"}}),
        "");
}

TEST(watchdog_settings, shows_only_the_beginning_of_a_long_value) {
    EXPECT_LT(refused_settings({{"mode", std::string(10'000, 'x')}}).size(), 400U);
}

TEST(watchdog_settings, has_all_modes_that_can_be_deployed_and_no_other) {
    constexpr std::array modes{run_mode::classic, run_mode::serializing,  run_mode::streaming,
                               run_mode::http,    run_mode::static_files, run_mode::micro};
    for (const auto mode : modes) {
        const std::string word(to_string(mode));
        const std::string body = R"({"service":"f","image":"a/b","envVars":{"mode":")";
        EXPECT_EQ(read({{"mode", word}}).mode, mode);
        EXPECT_NO_THROW(functions::read_deployment(body + word + "\"}}"));
        EXPECT_NE(refused_settings({{"mode", word + "x"}}), "");
        EXPECT_THROW(functions::read_deployment(body + word + "x\"}}"), boost::system::system_error);
    }
}

}  // namespace
}  // namespace mote::node
