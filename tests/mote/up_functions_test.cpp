// `mote up` with functions: all of it comes and goes with one process, and what is deployed stays.

#include <tests/mote/ends_soon.hpp>
#include <tests/mote/function_live.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/pidfd.hpp>
#include <tests/support/processes.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <fstream>
#include <future>
#include <poll.h>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// All that this process has started, and what that has started.
std::vector<pid_t> descendants_of(pid_t process) {
    std::vector<pid_t> found;
    const auto directory = "/proc/" + std::to_string(process) + "/task";
    std::error_code ignored;
    for (const auto& task : fs::directory_iterator(directory, ignored)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) {
            found.push_back(child);
            const auto below = descendants_of(child);
            found.insert(found.end(), below.begin(), below.end());
        }
    }
    return found;
}

std::string password_in(const fs::path& directory) {
    return file_text(directory / "credentials" / "basic-auth-password");
}

class mote_up_functions : public function_live {
protected:
    /// Until all is gone that it has started, too: the next one wants its ports.
    void kill_up() const {
        std::vector<unique_fd> all;
        for (const pid_t each : descendants_of(up->pid())) all.push_back(open_pidfd(each));
        up->kill(SIGKILL);
        ASSERT_TRUE(up->wait(60s));
        for (const auto& each : all) EXPECT_TRUE(!each || ends_soon(each));  // none: it had ended before
    }
};

TEST_F(mote_up_functions, prints_where_all_is_and_what_to_try) {
    EXPECT_EQ(up->out(),
              "nats://127.0.0.1:" + std::to_string(port) + "\nhttp://127.0.0.1:" + std::to_string(http_port) + "\n");
    EXPECT_TRUE(has(up->err(), "with JetStream"));
    EXPECT_TRUE(has(up->err(), "/metrics"));
    EXPECT_TRUE(has(up->err(), (directory() / "credentials" / "basic-auth-password").string()));
    EXPECT_TRUE(has(up->err(), "  mote deploy --gateway " + url + " shout --image functions/alpine"));
    EXPECT_TRUE(has(up->err(), "  mote functions --gateway " + url + "\n"));
    EXPECT_TRUE(has(up->err(), "  curl -d hello " + url + "/function/shout\n"));
    deploy("shout", "tr a-z A-Z");
    EXPECT_EQ(fetch("POST", url + "/function/shout", "hello").body, "HELLO") << "what it says to try works";
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_functions, sends_results_to_itself_as_it_listens_on_a_loopback) {
    deploy("shout", "tr a-z A-Z");
    http::request asked("POST", url + "/async-function/shout");
    asked.headers.emplace_back("X-Call-Id", "first");
    asked.headers.emplace_back("X-Callback-Url", url + "/function/shout");
    asked.body = "hello";
    const auto accepted = fetch(asked);
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    std::string seen;
    EXPECT_TRUE(eventually_holds([&] {
        seen = fetch("GET", url + "/async-function/first").body;
        return has(seen, "delivered");
    })) << seen;
    asked.headers.back().second = "http://169.254.169.254/latest/meta-data";
    EXPECT_EQ(fetch(asked).status, 400);
}

TEST_F(mote_up_functions, makes_a_login_for_its_owner_only_and_asks_for_it) {
    EXPECT_EQ(mode_of(directory() / "credentials"), 0700U);
    EXPECT_EQ(mode_of(directory() / "credentials" / "basic-auth-password"), 0600U);
    auto password = password_in(directory());
    while (password.ends_with('\n')) password.pop_back();
    ASSERT_GT(password.size(), 20U);
    EXPECT_TRUE(has_not(up->output(), password));
    EXPECT_EQ(fetch("GET", url + "/system/functions").status, 401);
    auto with_login = url;
    with_login.insert(with_login.find("//") + 2, "admin:" + password + "@");
    EXPECT_EQ(fetch("GET", with_login + "/system/functions").status, 200);
    EXPECT_EQ(fetch("GET", url + "/healthz").status, 200);
}

TEST_F(mote_up_functions, has_its_functions_again_after_a_restart) {
    deploy("echo", "cat", {"--label", "com.openfaas.scale.max=3", "--env", "colour=blue"});
    EXPECT_EQ(mote({"scale", "echo", "2"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/echo", "before").body, "before");
    const auto password = password_in(directory());
    const auto before = parse_array(mote({"functions", "--json"}).out);
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(up->terminate(40s).code, 0);
    EXPECT_FALSE(accepts_connections(port));
    EXPECT_FALSE(accepts_connections(http_port));

    start();
    const auto again = fetch("POST", url + "/function/echo", "after");
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.body, "after");
    const auto after = parse_array(mote({"functions", "--json"}).out);
    ASSERT_EQ(after.size(), 1U);
    for (const std::string_view key : {"name", "image", "envProcess", "createdAt"})
        EXPECT_EQ(text_at(after[0], key), text_at(before[0], key)) << key;
    EXPECT_EQ(after[0].at("replicas"), before[0].at("replicas"));
    EXPECT_EQ(after[0].at("envVars"), before[0].at("envVars"));
    EXPECT_EQ(password_in(directory()), password) << "who was logged in still is";
}

/// A micro service without a library: it answers its subject, and says who it is to those who look for services.
constexpr const char* small_service = R"py(
import json, os, signal, socket, sys
host, port = os.environ["NATS_URL"].split("//")[1].rstrip("/").split(":")
link = socket.create_connection((host, int(port)))
lines = link.makefile("rb")
name = os.environ["OPENFAAS_NAME"]
who = {"name": name, "id": "small" + str(os.getpid()), "version": "1.0.0",
       "metadata": {"function.instance": os.environ["MOTE_FUNCTION_INSTANCE"]}}
subject, queue = os.environ["MOTE_FUNCTION_SUBJECT"], os.environ["MOTE_FUNCTION_QUEUE"]
def send(text): link.sendall(text.encode())
lines.readline()
send('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n')
send("SUB %s %s 1\r\n" % (subject, queue))
for number, verb in enumerate(("PING", "INFO", "STATS"), 2):
    for rest in ("", "." + name, "." + name + "." + who["id"]): send("SUB $SRV.%s%s %d\r\n" % (verb, rest, number))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    words = lines.readline().decode().split()
    if not words: break
    if words[0] == "PING": send("PONG\r\n")
    if words[0] not in ("MSG", "HMSG"): continue
    size, head = int(words[-1]), int(words[-2]) if words[0] == "HMSG" else 0
    body = lines.read(size + 2)[head:size].decode()
    reply, kind = words[3], int(words[2])
    text = body.upper()
    if kind > 1: text = json.dumps(dict(who, type="io.nats.micro.v1.%s_response" % ("ping", "info", "stats")[kind - 2],
                                        started="2026-01-01T00:00:00Z",
                                        endpoints=[{"name": "call", "subject": subject, "queue_group": queue}]))
    send("PUB %s %d\r\n%s\r\n" % (reply, len(text.encode()), text))
)py";

TEST_F(mote_up_functions, has_all_as_it_was_after_a_restart) {
    EXPECT_EQ(mote({"namespace", "create", "other"}).exit_code, 0);
    EXPECT_EQ(mote({"secret", "create", "key", "-n", "other"}, {}, "of other").exit_code, 0);
    const auto reads = mote({"deploy", "reads", "--image", "functions/alpine", "--fprocess",
                             "cat /var/openfaas/secrets/key", "-n", "other", "--secret", "key"});
    EXPECT_EQ(reads.exit_code, 0) << reads.err;
    deploy("held", "cat");
    deploy("none", "cat");
    EXPECT_EQ(mote({"deploy", "http", "--image", "functions/http-echo"}).exit_code, 0);
    write("small/service.py", small_service);
    write("small/function.env", "fprocess=python3 -B service.py\n");
    EXPECT_EQ(mote({"bundle", "push", "small", (environment.home() / "small").string()}).exit_code, 0);
    const auto micro = mote({"deploy", "micro", "--image", "small", "-e", "mode=micro"});
    EXPECT_EQ(micro.exit_code, 0) << micro.err;
    EXPECT_EQ(mote({"scale", "none", "0"}).exit_code, 0);
    auto password = password_in(directory());
    while (password.ends_with('\n')) password.pop_back();
    auto with_login = url;
    with_login.insert(with_login.find("//") + 2, "admin:" + password + "@");
    const auto paused = fetch("PUT", with_login + "/system/function/held/pause");
    EXPECT_EQ(paused.body, "paused: held.openfaas-fn\n") << paused.status;
    // What is kept, without what nodes say.
    const auto all = [this] {
        auto listed = parse_array(mote({"functions", "--json"}).out);
        for (auto& each : listed)
            for (const char* told : {"invocationCount", "availableReplicas", "mote"}) each.as_object().erase(told);
        return listed;
    };
    const auto check_all = [this] {
        EXPECT_EQ(mote({"invoke", "reads.other", "x"}).out, "of other\n");
        EXPECT_EQ(mote({"invoke", "http", "hello"}).out, "hello\n");
        EXPECT_TRUE(eventually_holds([this] { return mote({"invoke", "micro", "hello"}).out == "HELLO\n"; }));
        http::response refused;  // as soon as its node has heard of it
        EXPECT_TRUE(eventually_holds([&] {
            refused = fetch("POST", url + "/function/held", "x");
            return refused.status == 503;
        })) << refused.status;
        EXPECT_TRUE(has(refused.body, "paused")) << refused.body;
        const auto says_so = [this] { return mote({"functions"}).out.find("paused 0/1") != std::string::npos; };
        EXPECT_TRUE(eventually_holds(says_so)) << mote({"functions"}).out;
    };
    check_all();
    const auto before = all();
    ASSERT_EQ(before.size(), 5U);
    EXPECT_EQ(up->terminate(40s).code, 0);

    start();
    EXPECT_EQ(all(), before);
    check_all();
    EXPECT_EQ(all(), before) << "no call of another one wakes the one that has no process";
    EXPECT_EQ(mote({"invoke", "none", "x"}).out, "x\n") << "its own does";
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_functions, runs_the_version_before_after_it_was_killed_where_the_newest_does_not_start) {
    EXPECT_EQ(mote({"deploy", "kept", "--image", "functions/http-echo"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/kept", "before").body, "before");
    const auto updated =
        mote({"deploy", "kept", "--image", "functions/alpine", "--fprocess", "false", "-e", "mode=http"});
    EXPECT_EQ(updated.exit_code, 0) << updated.err;
    const auto is_in_trouble = [this] {
        const auto shown = mote({"functions"}).out;
        return has(shown, "its process exited with code 1") && has(shown, "1/1") && has_not(shown, "invalid setting");
    };
    EXPECT_TRUE(eventually_holds(is_in_trouble)) << mote({"functions"}).out;
    EXPECT_EQ(fetch("POST", url + "/function/kept", "meanwhile").body, "meanwhile");
    kill_up();
    start();
    const auto again = fetch("POST", url + "/function/kept", "after");
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.body, "after");
    EXPECT_TRUE(eventually_holds(is_in_trouble)) << mote({"functions"}).out;
    const auto listed = parse_array(mote({"functions", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(text_at(listed[0], "image"), "functions/alpine") << "what was deployed last";
}

TEST_F(mote_up_functions, leaves_no_process_behind_when_it_is_killed) {
    deploy("fork", "cat");
    EXPECT_EQ(mote({"deploy", "http", "--image", "functions/http-echo"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/fork", "a").body, "a");
    EXPECT_EQ(fetch("POST", url + "/function/http", "b").body, "b");
    ASSERT_GE(descendants_of(up->pid()).size(), 2U) << "the server, and the process of a function";
    kill_up();
    EXPECT_FALSE(accepts_connections(port));
    EXPECT_FALSE(accepts_connections(http_port));

    start();
    EXPECT_EQ(fetch("POST", url + "/function/http", "again").body, "again");
    EXPECT_EQ(up->terminate(40s).code, 0);
}

constexpr int queued_calls = 50;

std::string queued_id(int number) { return "queued-" + std::to_string(number); }

/// How many of the queued calls have an answer, which has to be their own.
int answered_calls(const std::string& url) {
    int count = 0;
    for (int i = 0; i < queued_calls; ++i) {
        const auto answer = fetch("GET", url + "/async-function/" + queued_id(i) + "/result");
        if (answer.status == 202) continue;  // it waits, or runs
        EXPECT_EQ(answer.status, 200) << queued_id(i) << ": " << answer.body;
        EXPECT_EQ(answer.body, queued_id(i) + "\n");
        ++count;
    }
    return count;
}

TEST_F(mote_up_functions, does_all_calls_that_it_accepted_before_it_was_killed) {
    deploy("work", "sh", {"--label", "com.openfaas.max_inflight=2"});
    for (int i = 0; i < queued_calls; ++i) {
        http::request asked("POST", url + "/async-function/work");
        asked.headers.emplace_back("X-Call-Id", queued_id(i));
        asked.body = "sleep 0.4; echo " + queued_id(i);
        const auto accepted = fetch(asked);
        ASSERT_EQ(accepted.status, 202) << accepted.body;
    }
    EXPECT_TRUE(eventually_holds([this] { return answered_calls(url) > 0; }));
    kill_up();

    start();
    const int before = answered_calls(url);
    EXPECT_GT(before, 0) << "what was done still is";
    EXPECT_LT(before, queued_calls) << "it was killed amid its work";
    // Those that ran when it was killed are run again when their time to be confirmed is over, 30 s.
    const auto until = std::chrono::steady_clock::now() + 100s;
    int done = before;
    while (done < queued_calls && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(100ms);
        done = answered_calls(url);
    }
    EXPECT_EQ(done, queued_calls) << "none is lost";
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_functions, takes_the_next_free_http_port_and_says_so) {
    EXPECT_EQ(up->terminate(40s).code, 0);
    const unique_fd taken = listen_loopback(http_port);
    start();
    EXPECT_NE(url, "http://127.0.0.1:" + std::to_string(http_port));
    EXPECT_TRUE(has(up->err(), "Port " + std::to_string(http_port) + " is taken: HTTP uses "));
    EXPECT_EQ(fetch("GET", url + "/healthz").status, 200);
}

TEST_F(mote_up_functions, starts_only_the_server_where_that_is_asked_for) {
    EXPECT_EQ(up->terminate(40s).code, 0);
    start({"--no-functions"});
    EXPECT_EQ(up->out(), nats_url + "\n");
    EXPECT_EQ(url, "");
    EXPECT_FALSE(accepts_connections(http_port));
    EXPECT_EQ(descendants_of(up->pid()).size(), 1U) << "the server alone";
}

TEST_F(mote_up_functions, answers_with_the_body_and_its_type_by_http_echo) {
    EXPECT_EQ(mote({"deploy", "echo", "--image", "functions/http-echo"}).exit_code, 0);
    http::request asked("POST", url + "/function/echo");
    asked.body = std::string("bytes\0\xff", 7);
    asked.headers.emplace_back("Content-Type", "image/x-test");
    const auto answer = fetch(asked);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body, asked.body);
    EXPECT_EQ(answer.header("Content-Type"), "image/x-test");
}

/// A call of a function whose body never ends, at a point where the function has some of it.
boost::asio::ip::tcp::socket endless_call(boost::asio::io_context& loop, std::uint16_t to, const std::string& path) {
    boost::asio::ip::tcp::socket socket(loop);
    socket.connect({boost::asio::ip::address_v4::loopback(), to});
    const auto head = "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n";
    boost::asio::write(socket, boost::asio::buffer(head));
    std::string came;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(came), "begun");
    return socket;
}

TEST_F(mote_up_functions, answers_what_is_in_flight_while_a_body_comes_slowly_at_its_end) {
    const auto marker = "7." + std::to_string(::getpid());
    deploy("slow", "sleep " + marker);
    deploy("cat", "cat", {"--env", "mode=streaming"});
    boost::asio::io_context loop;
    auto upload = endless_call(loop, http_port, "/function/cat");
    auto answered = std::async(std::launch::async, [this] { return fetch("POST", url + "/function/slow"); });
    ASSERT_TRUE(eventually_holds([&] { return processes_with(marker) != 0; }));
    up->kill(SIGTERM);
    const auto answer = answered.get();
    EXPECT_EQ(answer.status, 200) << answer.body;
    upload.close();
    const auto ended = up->wait(40s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << up->output();
}

}  // namespace
}  // namespace mote::test
