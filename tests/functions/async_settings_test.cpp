#include <mote/functions/callback.hpp>
#include <mote/functions/callback_rules.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/probe_settings.hpp>
#include <mote/functions/retry_settings.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace mote::functions {
namespace {

using namespace std::chrono_literals;

/// The text of the error that reading throws, which has to be `code`.
template <class Read>
std::string refusal(errc code, Read read) {
    try {
        read();
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), code) << failed.what();
        return failed.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

const std::string retry = "com.openfaas.retry.";

TEST(retry_settings, are_those_of_openfaas_without_annotations) {
    const auto found = retry_settings::of(description());
    EXPECT_EQ(found.attempts, 10U);
    EXPECT_EQ(found.min_wait, 10s);
    EXPECT_EQ(found.max_wait, 120s);
    EXPECT_EQ(found.codes, (std::set<int>{408, 429, 500, 502, 503, 504}));
    EXPECT_FALSE(found.again(404));
}

TEST(retry_settings, are_read_from_annotations) {
    const auto found = retry_settings::of(text_map{{retry + "attempts", "3"},
                                                   {retry + "codes", "429, 503"},
                                                   {retry + "min_wait", "500ms"},
                                                   {retry + "max_wait", "5"}});
    EXPECT_EQ(found.attempts, 3U);
    EXPECT_EQ(found.codes, (std::set<int>{429, 503}));
    EXPECT_EQ(found.min_wait, 500ms);
    EXPECT_EQ(found.max_wait, 5s);
    EXPECT_TRUE(retry_settings::of(text_map{{retry + "codes", "none"}}).codes.empty());
}

TEST(retry_settings, let_one_bound_of_the_wait_move_the_other_ones_default) {
    EXPECT_EQ(retry_settings::of(text_map{{retry + "min_wait", "5m"}}).max_wait, 5min);
    EXPECT_EQ(retry_settings::of(text_map{{retry + "max_wait", "2s"}}).min_wait, 2s);
}

TEST(retry_settings, that_are_wrong_are_named_with_their_value) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"attempts", "0"}, {"attempts", "1001"}, {"attempts", "x"},   {"attempts", ""},    {"attempts", "-1"},
        {"codes", "abc"},  {"codes", "200"},     {"codes", "503,"},   {"codes", "600"},    {"min_wait", "0"},
        {"min_wait", "x"}, {"min_wait", "25h"},  {"max_wait", "-1s"}, {"max_wait", "1000"}};
    for (const auto& [name, value] : wrong) {
        if (name == "max_wait" && value == "1000") continue;  // a good one: seconds
        const text_map annotations{{retry + name, value}};
        const auto text = refusal(errc::bad_setting, [&] { retry_settings::of(annotations); });
        EXPECT_NE(text.find(retry + name + " \"" + value + '"'), std::string::npos) << text;
    }
    const text_map crossed{{retry + "min_wait", "10s"}, {retry + "max_wait", "1s"}};
    EXPECT_NE(refusal(errc::bad_setting, [&] { retry_settings::of(crossed); }).find("not less than min_wait"),
              std::string::npos);
}

const std::string health = "com.openfaas.health.http.";

TEST(probe_settings, ask_nothing_without_a_path) {
    const auto found = probe_settings::of(description(), "health");
    EXPECT_EQ(found.path, "");
    EXPECT_EQ(found.period, 10s);
    EXPECT_EQ(found.timeout, 1s);
    EXPECT_EQ(found.failures, 3U);
}

TEST(probe_settings, are_read_from_annotations) {
    const text_map said{{health + "path", "/healthz?x=1"},  {health + "initialDelaySeconds", "0"},
                        {health + "periodSeconds", "2"},    {health + "timeoutSeconds", "500ms"},
                        {health + "failureThreshold", "5"}, {"com.openfaas.ready.http.path", "/other"}};
    const auto found = probe_settings::of(said, "health");
    EXPECT_EQ(found.path, "/healthz?x=1");
    EXPECT_EQ(found.initial_delay, 0s);
    EXPECT_EQ(found.period, 2s);
    EXPECT_EQ(found.timeout, 500ms);
    EXPECT_EQ(found.failures, 5U);
    EXPECT_EQ(probe_settings::of(said, "ready").path, "/other");
    EXPECT_EQ(probe_settings::of(text_map{{health + "initialDelay", "30s"}}, "health").initial_delay, 30s);
}

TEST(probe_settings, that_are_wrong_are_named_with_their_value) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"path", ""},           {"path", "health"},         {"path", "/a b"},        {"path", "/\xC3\xA4"},
        {"periodSeconds", "0"}, {"periodSeconds", "often"}, {"periodSeconds", "2h"}, {"timeoutSeconds", "0"},
        {"initialDelay", "-1"}, {"failureThreshold", "0"},  {"failureThreshold", ""}};
    for (const auto& [name, value] : wrong) {
        const auto text =
            refusal(errc::bad_setting, [&] { probe_settings::of(text_map{{health + name, value}}, "health"); });
        EXPECT_NE(text.find("annotation " + health + name), std::string::npos) << text;
    }
}

TEST(retry_settings, wait_twice_as_long_each_time_with_up_to_half_of_it_taken_off) {
    retry_settings settings;
    EXPECT_EQ(settings.wait_after(1, 0), 10s);
    EXPECT_EQ(settings.wait_after(2, 0), 20s);
    EXPECT_EQ(settings.wait_after(4, 0), 80s);
    EXPECT_EQ(settings.wait_after(5, 0), 120s);
    EXPECT_EQ(settings.wait_after(1000, 0), 120s);
    EXPECT_EQ(settings.wait_after(1, 1), 5s);
}

TEST(async_concurrency, is_what_label_annotation_or_variable_say_in_that_order) {
    description what;
    EXPECT_EQ(async_concurrency(what, 100), 100U);
    what.wanted.variables = text_map{{"max_inflight", "7"}};
    EXPECT_EQ(async_concurrency(what, 100), 7U);
    what.wanted.annotations = text_map{{"com.openfaas.max_inflight", "8"}};
    EXPECT_EQ(async_concurrency(what, 100), 8U);
    what.wanted.labels = text_map{{"com.openfaas.max_inflight", "9"}};
    EXPECT_EQ(async_concurrency(what, 100), 9U);
    what.wanted.labels = text_map{{"com.openfaas.max_inflight", "0"}};
    EXPECT_EQ(async_concurrency(what, 100), 100U);
    what.wanted.labels = text_map{{"com.openfaas.max_inflight", "many"}};
    refusal(errc::bad_setting, [&] { async_concurrency(what, 100); });
}

TEST(run_timeout, is_the_exec_timeout_of_a_function) {
    description what;
    EXPECT_EQ(run_timeout(what, 5min), 5min);
    for (const auto& [text, wanted] : {std::pair("90s", 90s), std::pair("90", 90s), std::pair("0", 300s)}) {
        what.wanted.variables = text_map{{"exec_timeout", text}};
        EXPECT_EQ(run_timeout(what, 5min), wanted) << text;
    }
    what.wanted.variables = text_map{{"exec_timeout", "soon"}};
    refusal(errc::bad_setting, [&] { run_timeout(what, 5min); });
}

TEST(retry_after, is_seconds_or_a_date) {
    const auto now = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h;
    EXPECT_EQ(retry_after("120", now), 120s);
    EXPECT_EQ(retry_after(" 0 ", now), 0s);
    EXPECT_EQ(retry_after("Thu, 29 Feb 2024 12:00:30 GMT", now), 30s);
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 0s);
    for (const char* text : {"", "soon", "-1", "1.5", "Thu, 30 Feb 2024 12:00:30 GMT", "Thu, 29 Feb 2024 25:00:30 GMT",
                             "Thu, 29 Foo 2024 12:00:30 GMT", "Thu, 29 Feb 2024 12:00:30 CET"})
        EXPECT_FALSE(retry_after(text, now)) << text;
}

TEST(retry_after, that_is_longer_than_a_day_is_a_day_however_many_digits_it_has) {
    const auto now = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h;
    EXPECT_EQ(retry_after("86400", now), 24h);
    for (const char* text :
         {"86401", "4294967295", "4294967296", "99999999999", "9223372036854775808", "18446744073709551616",
          "99999999999999999999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri Dec 31 23:59:59 9999"})
        EXPECT_EQ(retry_after(text, now), 24h) << text;
    EXPECT_FALSE(retry_after("9223372036854775808x", now));
}

TEST(retry_after, is_a_date_in_any_form_of_http) {
    const auto now = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h;
    for (const char* text : {"Thursday, 29-Feb-24 12:00:30 GMT", "Thu Feb 29 12:00:30 2024"})
        EXPECT_EQ(retry_after(text, now), 30s) << text;
    const auto first = std::chrono::sys_days(std::chrono::year(2024) / 3 / 1) - 30s;
    EXPECT_EQ(retry_after("Fri Mar  1 00:00:00 2024", first), 30s) << "a day of one digit";
    for (const char* text : {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
        EXPECT_EQ(retry_after(text, now), 0s) << text;
    EXPECT_EQ(retry_after("Friday, 01-Jan-74 00:00:00 GMT", now), 24h) << "2074 is not 50 years away";
    EXPECT_EQ(retry_after("Friday, 01-Mar-74 00:00:00 GMT", now), 0s) << "2074 would be more, so it is 1974";
    for (const char* text :
         {"Thursday, 29-Feb-23 12:00:30 GMT", "Thursday, 29-Feb-24 24:00:30 GMT", "Thursday, 29-Feb-24 12:00:30 CET",
          "Thursday, 29-Foo-24 12:00:30 GMT", "Thu Feb 30 12:00:30 2024", "Thu Feb 29 12:60:30 2024",
          "Thu Feb 29 12:00:30 2024 GMT", "Thu Feb 29 12-00-30 2024", "Thu, 29 Feb 2024 12-00-30 GMT"})
        EXPECT_FALSE(retry_after(text, now)) << text;
}

TEST(callback_url, is_one_of_http_with_a_host) {
    for (const char* url :
         {"http://host/", "https://user:secret@host:8080/path?query", "HTTP://host", "http://[::1]:80/x"})
        EXPECT_NO_THROW(check_callback_url(url)) << url;
    for (const char* url :
         {"", "host", "ftp://host/", "file:///etc/passwd", "http://", "http:///path", "http://user@/", "http://:80/",
          "http://host/a b", "http://host/\r\nX: y", "http://host/\x7f", "javascript:x"})
        refusal(errc::bad_callback, [&] { check_callback_url(url); });
    refusal(errc::bad_callback, [] { check_callback_url("http://host/" + std::string(2048, 'a')); });
}

TEST(callback_url, is_refused_without_its_password_being_told) {
    const auto text = refusal(errc::bad_callback, [] { check_callback_url("http://user:secret@host/a b"); });
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST(callback_url, is_named_where_it_is_refused_but_for_what_may_be_secret) {
    const auto text_of = [](const std::string& url) {
        return refusal(errc::bad_callback, [&] {
            check_callback_url(url);
            callback_rules().check(url);
        });
    };
    EXPECT_NE(text_of("http://").find(R"("http://": it has no host)"), std::string::npos) << text_of("http://");
    EXPECT_NE(text_of("/rel").find(R"("/rel": it begins neither with http:// nor)"), std::string::npos)
        << text_of("/rel");
    for (const char* url :
         {"http://user:secret@host/a b", "user:secret@host", "http://user:se/secret@", "http://u:a?secret@:80/",
          "http://u:a#secret @/", "ftp://host/?token=secret", "http://user:secret@", "http:user:secret@host"})
        EXPECT_EQ(text_of(url).find("secret"), std::string::npos) << text_of(url);
}

TEST(callback_url, is_printed_without_user_and_query) {
    EXPECT_EQ(printable_url("https://user:secret@host:8080/path?token=secret#x"), "https://host:8080/path");
    EXPECT_EQ(printable_url("http://host/"), "http://host/");
    EXPECT_EQ(printable_url("http://host/a@b"), "http://host/a@b");
}

}  // namespace
}  // namespace mote::functions
