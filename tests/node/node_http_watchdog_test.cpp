// What of-watchdog does around a function that listens: a line in the log for each answer, and paths of its own.

#include <tests/node/python_function.hpp>

#include <mote/functions/log_reader.hpp>
#include <mote/functions/log_store.hpp>

#include <regex>

namespace mote::test {
namespace {

class live_http_watchdog : public live_test {};

/// The function's log as soon as a line matches, at most 20 s; all of it.
asio::awaitable<std::string> log_with(jetstream::context js, std::string name, std::string wanted) {
    const auto store = co_await functions::log_store::open(js);
    functions::log_query query;
    query.function = functions::function_name::parse(name);
    const std::regex line(wanted, std::regex::multiline);
    const auto until = std::chrono::steady_clock::now() + 20s;
    asio::steady_timer pause(js.connection().executor());
    for (;;) {
        auto lines = co_await functions::log_reader::open(store, query);
        std::string all;
        for (;;) {
            const auto next = co_await lines.next();
            if (!next) break;
            all.append(next->text).append("\n");
        }
        const bool has = std::regex_search(all, line);
        EXPECT_TRUE(has || std::chrono::steady_clock::now() < until) << "no " << wanted << " in\n" << all;
        if (has || std::chrono::steady_clock::now() > until) co_return all;
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

constexpr const char* line_time = R"(^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )";
constexpr const char* line_duration = R"( \(\d+\.\d{4}s\))";

TEST_F(live_http_watchdog, has_a_line_in_its_log_for_each_answer_when_it_says_so) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("write_debug", "true");
        const auto what = co_await python_function(here, "told", variables);
        co_await here->deploy(what);
        auto headers = path_headers("/status/201");
        headers.set("Http-Method", "PUT");
        headers.set("Http-Query", "key=hidden");
        headers.set("X-Call-Id", "id-1");
        co_await call(js.connection(), subject_of("told"), std::string(12, 'x'), headers);
        co_await call(js.connection(), subject_of("told"), std::string(150'000, 'x'));
        const std::string large = std::string("POST / - 200 OK - ContentLength: 150kB") + line_duration + "$";
        co_await log_with(js, "told", line_time + large);
        const std::string small =
            std::string("PUT /status/201 - 201 Created - ContentLength: 12B") + line_duration + "$";
        const auto log = co_await log_with(js, "told", line_time + small);
        EXPECT_FALSE(contains(log, "hidden")) << log;
        EXPECT_FALSE(contains(log, "id-1")) << log;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_http_watchdog, has_the_id_of_the_call_in_that_line_when_it_says_so) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::text_map variables;
        variables.emplace("log_callid", "true");
        const auto what = co_await python_function(here, "told", variables);
        co_await here->deploy(what);
        auto headers = path_headers("/");
        headers.set("X-Call-Id", "id-1");
        co_await call(js.connection(), subject_of("told"), "hello", headers);
        const std::string wanted = std::string("POST / - 200 OK - ContentLength: 5B") + line_duration;
        co_await log_with(js, "told", line_time + wanted + R"( \[id-1\]$)");
        co_await log_with(js, "told", std::string(line_duration) + R"( \[none\]$)");
        co_await here->node.stop(5s);
    });
}

nats::headers by(std::string method, std::string path) {
    auto headers = path_headers(std::move(path));
    headers.set("Http-Method", method);
    return headers;
}

TEST_F(live_http_watchdog, is_not_asked_what_a_watchdog_answers) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await python_function(here, "plain");
        co_await here->deploy(what);
        const auto health = co_await call(js.connection(), subject_of("plain"), {}, by("GET", "/_/health"));
        EXPECT_EQ(health.status, 200);
        EXPECT_EQ(health.body, "OK");
        EXPECT_EQ(health.header("X-Asked"), "") << "the process was asked";
        const auto posted = co_await call(js.connection(), subject_of("plain"), "x", by("POST", "/_/health"));
        EXPECT_EQ(posted.status, 405);
        const auto ready = co_await call(js.connection(), subject_of("plain"), {}, by("GET", "/_/ready"));
        EXPECT_EQ(ready.status, 200);
        EXPECT_EQ(ready.header("X-Asked"), "");
        const auto other = co_await call(js.connection(), subject_of("plain"), {}, by("GET", "/_/other"));
        EXPECT_EQ(other.header("X-Asked"), "GET /_/other");

        functions::text_map variables;
        variables.emplace("ready_path", "/ready");
        const auto knows = co_await python_function(here, "knows", variables);
        co_await here->deploy(knows);
        const auto own = co_await call(js.connection(), subject_of("knows"), {}, by("GET", "/_/ready"));
        EXPECT_EQ(own.status, 200);
        EXPECT_EQ(own.header("X-Asked"), "GET /ready");

        variables.clear();
        variables.emplace("mode", "streaming");
        const auto streaming = function("streaming", "functions/alpine", "echo run", variables);
        co_await here->deploy(streaming);
        const auto streamed = co_await call(js.connection(), subject_of("streaming"), {}, by("GET", "/_/health"));
        EXPECT_EQ(streamed.body, "OK");
        const auto classic = function("classic", "functions/alpine", "echo run");
        co_await here->deploy(classic);
        const auto run = co_await call(js.connection(), subject_of("classic"), {}, by("GET", "/_/health"));
        EXPECT_EQ(run.body, "run\n") << "of the classic one the function gets all paths";
        co_await here->node.stop(5s);
    });
}

// Knows nothing but POST: whoever asks it how it is by GET gets a 501.
const std::string posting_server = R"py(
import http.server, os
class handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_POST(self):
        said = str(os.getpid()).encode() + os.environ["marker"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

TEST_F(live_http_watchdog, whose_annotations_name_the_paths_of_a_watchdog_is_not_asked_for_them) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        std::map<std::string, std::string> files;
        files.emplace("server.py", posting_server);
        files.emplace("function.env", "mode=http\nmarker=-here\n");
        const auto pushed = co_await here->push("test/posting", files);
        auto what = function("posting", "test/posting", "python3 -B server.py");
        what.digest = pushed.digest.text();
        functions::text_map annotations;
        annotations.emplace("com.openfaas.ready.http.path", "/_/ready");
        annotations.emplace("com.openfaas.health.http.path", "/_/health");
        annotations.emplace("com.openfaas.health.http.periodSeconds", "50ms");
        annotations.emplace("com.openfaas.health.http.failureThreshold", "1");
        what.wanted.annotations = annotations;
        co_await here->deploy(what);
        const auto first = co_await call_until(js.connection(), subject_of("posting"), is_good);
        EXPECT_TRUE(contains(first.body, "-here")) << first.body;
        asio::steady_timer pause(js.connection().executor(), 500ms);  // ten looks, had there been any
        co_await pause.async_wait(asio::use_awaitable);
        const auto later = co_await call(js.connection(), subject_of("posting"));
        EXPECT_EQ(later.body, first.body) << "it was ended, and another one started";
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
