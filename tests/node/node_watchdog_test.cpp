// What the watchdogs' variables do to a function that runs: its answers, and what its log has.

#include <tests/node/python_function.hpp>

#include <mote/functions/log_reader.hpp>
#include <mote/functions/log_store.hpp>
#include <mote/micro/answer_stream.hpp>
#include <mote/micro/service.hpp>
#include <mote/micro/stream.hpp>

#include <algorithm>
#include <ostream>
#include <regex>
#include <vector>

namespace mote::test {
namespace {

asio::awaitable<std::vector<std::string>> lines_of(jetstream::context js, std::string name) {
    const auto store = co_await functions::log_store::open(js);
    functions::log_query query;
    query.function = functions::function_name::parse(name);
    auto lines = co_await functions::log_reader::open(store, query);
    std::vector<std::string> all;
    for (;;) {
        const auto line = co_await lines.next();
        if (!line) break;
        all.push_back(line->text);
    }
    co_return all;
}

/// One line a text, each with an LF.
asio::awaitable<std::string> log_of(jetstream::context js, std::string name) {
    const auto lines = co_await lines_of(js, std::move(name));
    std::string all;
    for (const auto& one : lines) all.append(one).append("\n");
    co_return all;
}

/// The log as soon as it has a line that matches; after a minute as it is.
asio::awaitable<std::string> log_with(jetstream::context js, std::string name, std::string wanted) {
    const std::regex line(wanted, std::regex::multiline);
    const auto until = std::chrono::steady_clock::now() + 1min;
    asio::steady_timer pause(js.connection().executor());
    for (;;) {
        const auto all = co_await log_of(js, name);
        const bool has = std::regex_search(all, line);
        EXPECT_TRUE(has || std::chrono::steady_clock::now() < until) << "no " << wanted << " in\n" << all;
        if (has || std::chrono::steady_clock::now() > until) co_return all;
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

#define LOG_TIME "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d "

constexpr const char* says_both = "echo out; echo err >&2";
constexpr const char* says_both_and_fails = "echo out; echo err >&2; exit 3";
constexpr const char* any_bytes = "application/octet-stream";

/// A function that runs the shell's script that it is sent, and what becomes of it.
struct watchdog_case {
    std::string name{};
    functions::text_map variables{};
    std::string script = says_both;
    std::string sent_type{};  // empty: none
    int status = 200;
    std::string type = "text/plain";
    std::string body = "out\n";
    std::string logged{};      // a line of the log, as an expression of ECMAScript
    std::string not_logged{};  // no part of the log
};

void PrintTo(const watchdog_case& which, std::ostream* to) { *to << which.name; }

class live_watchdog : public live_test, public testing::WithParamInterface<watchdog_case> {};
class live_listening_watchdog : public live_test {};

bool streams(const watchdog_case& which) {
    const auto mode = which.variables.find("mode");
    return mode != which.variables.end() && mode->second == "streaming";
}

asio::awaitable<void> check_case(jetstream::context js, watchdog_case which) {
    const auto here = co_await machine::start(js);
    const auto what = function("shell", "functions/alpine", "sh", which.variables);
    co_await here->deploy(what);
    nats::headers headers;
    headers.set("Http-Method", "PUT");
    headers.set("X-Thing", "7");
    if (!which.sent_type.empty()) headers.set("Content-Type", which.sent_type);
    const auto got = co_await call(js.connection(), subject_of("shell"), which.script, headers);
    EXPECT_EQ(got.status, which.status);
    EXPECT_EQ(got.type, which.type);
    EXPECT_EQ(got.body, which.body);
    EXPECT_EQ(got.header("X-Duration-Seconds").empty(), streams(which)) << "at its head a stream's is not known";
    const auto log = co_await log_with(js, "shell", which.logged);
    if (!which.not_logged.empty()) {
        EXPECT_FALSE(contains(log, which.not_logged)) << log;
    }
    co_await here->node.stop(5s);
}

TEST_P(live_watchdog, does_what_it_is_told) {
    const auto which = GetParam();
    with_jetstream([which](nats_server&, jetstream::context js) { return check_case(js, which); });
}

std::vector<watchdog_case> all_cases() {
    return {
        {.name = "classic_answers_with_both_outputs",
         .body = "out\nerr\n",
         .logged = "^" LOG_TIME "Wrote 8 Bytes",
         .not_logged = "stderr"},
        {.name = "classic_keeps_errors_apart",
         .variables = {{"combine_output", "false"}},
         .logged = "^" LOG_TIME "stderr: err$"},
        {.name = "classic_says_how_it_failed",
         .script = says_both_and_fails,
         .status = 500,
         .body = "exit status 3\nout\nerr\n",
         .logged = "^" LOG_TIME "fprocess: exit status 3$"},
        {.name = "classic_answers_in_the_type_it_was_asked_in",
         .sent_type = "text/mine",
         .type = "text/mine",
         .body = "out\nerr\n"},
        {.name = "classic_answers_in_its_type",
         .variables = {{"content_type", "text/own"}},
         .sent_type = "text/mine",
         .type = "text/own",
         .body = "out\nerr\n"},
        {.name = "classic_says_what_http_said", .script = "echo $Http_Method $Http_X_Thing", .body = "PUT 7\n"},
        {.name = "classic_does_not_say_what_http_said",
         .variables = {{"cgi_headers", "false"}},
         .script = "env | grep Http_ || echo none",
         .body = "none\n"},
        {.name = "classic_logs_no_output", .script = "echo out", .logged = "Wrote 4 Bytes", .not_logged = "out"},
        {.name = "classic_logs_its_output",
         .variables = {{"write_debug", "true"}},
         .script = "echo out",
         .logged = "^" LOG_TIME "Duration: [0-9.]+s$",
         .not_logged = "Wrote"},
        {.name = "serializing_answers_with_its_output",
         .variables = {{"mode", "serializing"}},
         .sent_type = "text/mine",
         .type = any_bytes,
         .logged = "^" LOG_TIME "stderr: err$"},
        {.name = "serializing_says_how_it_failed",
         .variables = {{"mode", "serializing"}},
         .script = says_both_and_fails,
         .status = 500,
         .body = "exit status 3\n",
         .logged = "^" LOG_TIME "fprocess: exit status 3$"},
        {.name = "serializing_answers_in_its_type",
         .variables = {{"mode", "serializing"}, {"content_type", "text/own"}},
         .type = "text/own"},
        {.name = "serializing_logs_lines_alone",
         .variables = {{"mode", "serializing"}, {"prefix_logs", "false"}},
         .type = any_bytes,
         .logged = "^err$",
         .not_logged = "stderr"},
        {.name = "classic_runs_function_process_rather_than_fprocess",
         .variables = {{"function_process", "tr a-z A-Z"}},
         .script = "out\n",
         .body = "OUT\n"},
        {.name = "streaming_answers_200_when_it_fails",
         .variables = {{"mode", "streaming"}},
         .script = says_both_and_fails,
         .sent_type = "text/mine",
         .type = any_bytes,
         .logged = "^" LOG_TIME "fprocess: exit status 3$"},
        {.name = "streaming_logs_errors",
         .variables = {{"mode", "streaming"}},
         .type = any_bytes,
         .logged = "^" LOG_TIME "stderr: err$"},
        {.name = "streaming_answers_in_its_type",
         .variables = {{"mode", "streaming"}, {"content_type", "text/own"}},
         .type = "text/own"},
    };
}

INSTANTIATE_TEST_SUITE_P(modes, live_watchdog, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return of.param.name; });

TEST_F(live_listening_watchdog, has_one_line_of_the_log_for_each_of_the_output) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what =
            function("shell", "functions/alpine", "sh", {{"write_debug", "true"}, {"log_buffer_size", "4"}});
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("shell"), "printf 'a\n\nb\r\nlong-line\nend'");
        EXPECT_EQ(got.body, "a\n\nb\r\nlong-line\nend");
        co_await log_with(js, "shell", "^" LOG_TIME "Duration: ");
        auto lines = co_await lines_of(js, "shell");
        std::erase_if(lines, [](const std::string& one) { return contains(one, "/"); });  // those with a date
        const std::vector<std::string> wanted{"a", "", "b", "long...[cut]", "end"};
        EXPECT_EQ(lines, wanted);
        co_await here->node.stop(5s);
    });
}

// Says how long it was told that the body is, in its answer and its output.
const std::string telling_server = R"py(
import http.server, os
class handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_POST(self):
        said = "length=%s coding=%s" % (self.headers.get("Content-Length"), self.headers.get("Transfer-Encoding"))
        print(said, flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said.encode())
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

micro::reply_stream<micro::stream_item> two_pieces() {
    micro::stream_item item;
    item.data = "one-";
    co_yield item;
    item.data = "two";
    co_yield item;
}

asio::awaitable<void> serve_pieces(micro::request asked) {
    auto all = two_pieces();
    co_await micro::answer_stream(std::move(asked), std::move(all));
}

/// What a function is told of a body of seven bytes whose length nobody says, and what its log has.
asio::awaitable<void> check_listening(jetstream::context js, functions::text_map variables, std::string told,
                                      std::string logged) {
    const auto here = co_await machine::start(js);
    std::map<std::string, std::string> files;
    files.emplace("server.py", telling_server);
    files.emplace("function.env", "mode=http\n");
    const auto pushed = co_await here->push("test/telling", files);
    auto what = function("telling", "test/telling", "python3 -B server.py", std::move(variables));
    what.digest = pushed.digest.text();
    co_await here->deploy(what);
    micro::service_config config;
    config.name = "uploads";
    config.version = "1.0.0";
    micro::service uploads(config);
    uploads.endpoint("upload", serve_pieces);
    co_await uploads.start(js.connection());
    nats::headers headers;
    headers.set("Http-Method", "POST");
    headers.set("Mote-Body-Subject", "upload");
    const auto got = co_await call(js.connection(), subject_of("telling"), {}, headers);
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.body, told);
    co_await log_with(js, "telling", logged);
    co_await uploads.stop(5s);
    co_await here->node.stop(5s);
}

TEST_F(live_listening_watchdog, passes_a_body_on_as_it_comes_and_says_where_a_line_is_from) {
    with_jetstream([](nats_server&, jetstream::context js) {
        return check_listening(js, functions::text_map(), "length=None coding=chunked",
                               "^" LOG_TIME "stdout: length=None coding=chunked$");
    });
}

TEST_F(live_listening_watchdog, listens_where_http_upstream_url_says_rather_than_upstream_url) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        std::map<std::string, std::string> files;
        auto server = telling_server;
        const std::string of_variable = "int(os.environ[\"PORT\"])";
        const auto port = fixed_port();
        server.replace(server.find(of_variable), of_variable.size(), port);
        files.emplace("server.py", server);
        files.emplace("function.env", "mode=http\nfprocess=false\nfunction_process=python3 -B server.py\n");
        const auto pushed = co_await here->push("test/telling", files);
        functions::text_map variables{{"upstream_url", "http://127.0.0.1:1"},
                                      {"http_upstream_url", "http://127.0.0.1:" + port}};
        auto what = function("telling", "test/telling", "", std::move(variables));
        what.digest = pushed.digest.text();
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("telling"), "seven..");
        EXPECT_EQ(got.status, 200) << got.body;
        EXPECT_EQ(got.body, "length=7 coding=None");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_listening_watchdog, collects_a_body_first_and_logs_lines_alone) {
    with_jetstream([](nats_server&, jetstream::context js) {
        functions::text_map variables{{"http_buffer_req_body", "true"}, {"prefix_logs", "false"}};
        return check_listening(js, std::move(variables), "length=7 coding=None", "^length=7 coding=None$");
    });
}

}  // namespace
}  // namespace mote::test
