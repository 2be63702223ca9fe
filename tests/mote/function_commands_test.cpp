// The commands about functions, each with what it does and with a clear error.

#include <tests/mote/function_live.hpp>

#include <tests/support/loopback.hpp>

#include <algorithm>
#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using rows = std::vector<std::vector<std::string>>;

class mote_functions : public function_live {};

TEST_F(mote_functions, lists_what_is_deployed) {
    const auto none = mote({"functions"});
    EXPECT_EQ(none.exit_code, 0) << none.err;
    EXPECT_EQ(none.out, "");
    EXPECT_TRUE(has(none.err, "mote deploy NAME"));
    deploy("one", "cat");
    EXPECT_EQ(mote({"invoke", "one", "x"}).out, "x\n");
    // What the node says of itself comes a moment later.
    EXPECT_TRUE(eventually_holds([&] {
        const auto found = cells(mote({"functions"}).out);
        return found == rows{{"Name", "Namespace", "Image", "Replicas", "Calls"},
                             {"one", "openfaas-fn", "functions/alpine", "1/1", "1"}};
    })) << mote({"functions"}).out;
    EXPECT_EQ(text_at(parse_array(mote({"functions", "--json"}).out).at(0), "envProcess"), "cat");
    const auto unknown = mote({"functions", "-n", "elsewhere"});
    EXPECT_EQ(unknown.exit_code, 7);
    EXPECT_TRUE(is_one_line(unknown.err, {"elsewhere", "there is no"}));
}

TEST_F(mote_functions, are_completed_by_shells) {
    deploy("shout", "tr a-z A-Z");
    for (const std::string command : {"invoke", "logs", "scale", "remove", "deploy"})
        EXPECT_EQ(cells(mote({"__complete", command, "sh"}).out), (rows{{"shout", "functions/alpine"}})) << command;
    EXPECT_EQ(mote({"__complete", "invoke", "x"}).out, "");
    EXPECT_EQ(cells(mote({"__complete", "invoke", "--gateway", url, "s"}).out).at(0).at(0), "shout");
}

TEST_F(mote_functions, says_that_no_gateway_is_there_and_what_to_do) {
    const auto nowhere = "http://127.0.0.1:" + std::to_string(free_port());
    const std::vector<std::vector<std::string>> all = {{"functions"},       {"deploy", "x", "--image", "y"},
                                                       {"remove", "x"},     {"invoke", "x", "y"},
                                                       {"logs", "x"},       {"logs", "x", "-f"},
                                                       {"scale", "x", "1"}, {"secret", "ls"},
                                                       {"call", "an-id"},   {"secret", "remove", "x"},
                                                       {"namespace", "ls"}};
    for (auto arguments : all) {
        arguments.insert(arguments.end(), {"--gateway", nowhere});
        const auto result = mote(arguments);
        EXPECT_EQ(result.exit_code, 3) << testing::PrintToString(arguments) << result.err;
        EXPECT_TRUE(is_one_line(result.err, {nowhere, "mote up", "--gateway"}));
        EXPECT_EQ(result.out, "");
    }
}

TEST_F(mote_functions, says_whose_login_was_refused) {
    const auto wrong = write("wrong/basic-auth-user", "admin").parent_path();
    write("wrong/basic-auth-password", "guess");
    const auto refused = mote({"functions", "--credentials", wrong.string()});
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_TRUE(is_one_line(refused.err, {url, "invalid credentials", wrong.string(), "--credentials"}));
    EXPECT_TRUE(has_not(refused.err, "guess"));
    const auto missing = mote({"functions", "--credentials", (environment.home() / "nothing").string()});
    EXPECT_EQ(missing.exit_code, 4);
    EXPECT_TRUE(is_one_line(missing.err, {"nothing", "--credentials"}));
    const auto none = mote({"functions"}, {{"XDG_STATE_HOME", (environment.home() / "empty").string()}});
    EXPECT_EQ(none.exit_code, 4);
    EXPECT_TRUE(is_one_line(none.err, {"no login was sent", "--credentials"}));
    const auto in_url = mote({"functions", "--gateway", "http://admin:secret@127.0.0.1:1"});
    EXPECT_EQ(in_url.exit_code, 2);
    EXPECT_TRUE(is_one_line(in_url.err, {"login", "--credentials"}));
    EXPECT_TRUE(has_not(in_url.err, "secret"));
}

TEST_F(mote_functions, deploys_with_all_options_and_updates) {
    deploy("env", "env",
           {"--env", "colour=blue", "-e", "size=a=b", "--label", "a=b", "--annotation", "topic=x", "--memory-limit",
            "40Mi", "--cpu-limit", "200m", "--memory-request", "20Mi"});
    const auto answer = mote({"invoke", "env"});
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_TRUE(has(answer.out, "colour=blue\n"));
    EXPECT_TRUE(has(answer.out, "size=a=b\n"));
    const auto shown = parse_array(mote({"functions", "--json"}).out).at(0);
    EXPECT_EQ(text_at(shown.at("labels"), "a"), "b");
    EXPECT_EQ(text_at(shown.at("annotations"), "topic"), "x");
    EXPECT_EQ(text_at(shown.at("limits"), "memory"), "40Mi");
    EXPECT_EQ(text_at(shown.at("limits"), "cpu"), "200m");
    EXPECT_EQ(text_at(shown.at("requests"), "memory"), "20Mi");
    const auto bad =
        mote({"deploy", "x", "--image", "functions/alpine", "--fprocess", "cat", "--memory-limit", "much"});
    EXPECT_EQ(bad.exit_code, 7);
    EXPECT_TRUE(is_one_line(bad.err, {"x: ", "400", "limits.memory"}));
    const auto again = mote({"deploy", "env", "--image", "functions/alpine", "--fprocess", "echo new"});
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_TRUE(has(again.err, "Updated env."));
    EXPECT_TRUE(eventually_holds([&] { return mote({"invoke", "env"}).out == "new\n"; }));

    const auto unknown = mote({"deploy", "x", "--image", "nobody/pushed-this:1"});
    EXPECT_EQ(unknown.exit_code, 7);
    EXPECT_TRUE(is_one_line(unknown.err, {"x: ", "400", "nobody/pushed-this:1", "mote bundle push"}));
    const auto no_secret = mote({"deploy", "x", "--image", "functions/alpine", "--secret", "missing"});
    EXPECT_EQ(no_secret.exit_code, 7);
    EXPECT_TRUE(is_one_line(no_secret.err, {"secrets", "missing"}));
}

TEST_F(mote_functions, marks_an_update_that_does_not_start_while_the_old_version_answers) {
    EXPECT_EQ(mote({"deploy", "echo", "--image", "functions/http-echo"}).exit_code, 0);
    deploy("cat", "cat");
    EXPECT_EQ(mote({"invoke", "echo", "x"}).out, "x\n");
    EXPECT_TRUE(has_not(mote({"functions"}).out, "Trouble"));
    deploy("echo", "false", {"-e", "mode=http"});
    rows found;
    EXPECT_TRUE(eventually_holds([&] {
        found = cells(mote({"functions"}).out);
        return found.size() == 3 && found[0].back() == "Trouble";
    })) << testing::PrintToString(found);
    EXPECT_EQ(found.at(1).back(), "") << "nothing is wrong with cat";
    EXPECT_EQ(found.at(2).at(0), "echo");
    EXPECT_EQ(found.at(2).at(3), "1/1") << "the old one";
    EXPECT_TRUE(has(found.at(2).back(), "exited with code 1"));
    EXPECT_EQ(mote({"invoke", "echo", "x"}).out, "x\n");
    EXPECT_EQ(mote({"deploy", "echo", "--image", "functions/http-echo"}).exit_code, 0);
    EXPECT_TRUE(eventually_holds([&] { return !!has_not(mote({"functions"}).out, "Trouble"); }));
}

TEST_F(mote_functions, lists_many_with_what_is_the_matter_with_each) {
    constexpr int many = 9;
    for (int each = 0; each < many; ++each) {
        const std::string name = "f" + std::to_string(each);
        if (each % 2 == 0)
            deploy(name, "cat");
        else
            deploy(name, "no-such-program", {"-e", "mode=http"});
    }
    rows found;
    EXPECT_TRUE(eventually_holds([&] {
        found = cells(mote({"functions"}).out);
        if (found.size() != many + 1 || found[0].back() != "Trouble") return false;
        return std::ranges::all_of(found, [](const auto& row) {
            const bool is_wrong = row[0].back() % 2 == 1;
            return row[0] == "Name" || row.back().empty() != is_wrong;
        });
    })) << testing::PrintToString(found);
}

TEST_F(mote_functions, makes_and_removes_namespaces) {
    EXPECT_EQ(cells(mote({"namespace", "ls"}).out), (rows{{"Name"}, {"openfaas-fn"}}));
    const std::vector<std::string> deploying{"deploy",     "cat", "--image", "functions/alpine",
                                             "--fprocess", "cat", "-n",      "other"};
    const auto refused = mote(deploying);
    EXPECT_EQ(refused.exit_code, 7);
    EXPECT_TRUE(is_one_line(refused.err, {"cat.other", "there is no other", "`mote namespace create other`"}));
    EXPECT_EQ(mote({"namespace", "create", "other"}).err, "Created namespace other.\n");
    EXPECT_EQ(cells(mote({"namespace", "ls"}).out), (rows{{"Name"}, {"openfaas-fn"}, {"other"}}));
    EXPECT_EQ(mote(deploying).exit_code, 0);
    EXPECT_EQ(mote({"invoke", "cat", "x", "-n", "other"}).out, "x\n");
    deploy("cat", "cat");
    EXPECT_EQ(mote({"invoke", "cat", "y"}).out, "y\n");
    rows services;
    EXPECT_TRUE(eventually_holds([&] {
        services = cells(mote({"ls"}).out);
        const auto times = [&](const char* name) {
            return std::ranges::count_if(services, [&](const auto& row) { return row.front() == name; });
        };
        return times("cat") == 1 && times("cat_other") == 1;
    })) << testing::PrintToString(services);

    const auto again = mote({"namespace", "create", "other"});
    EXPECT_EQ(again.exit_code, 7);
    EXPECT_TRUE(is_one_line(again.err, {"namespace other", "409", "exists"}));
    const auto full = mote({"namespace", "remove", "other"});
    EXPECT_EQ(full.exit_code, 7);
    EXPECT_TRUE(is_one_line(full.err, {"namespace other", "409", "1 functions"}));
    EXPECT_EQ(mote({"remove", "cat", "-n", "other"}).exit_code, 0);
    EXPECT_EQ(mote({"namespace", "remove", "other"}).err, "Removed namespace other.\n");
    const auto gone = mote({"namespace", "rm", "other"});
    EXPECT_EQ(gone.exit_code, 5);
    EXPECT_TRUE(is_one_line(gone.err, {"namespace other", "not found", "`mote namespace ls`"}));
}

TEST_F(mote_functions, tells_a_call_that_took_too_long_from_an_answer_that_broke_off) {
    deploy("classic", "sleep 60", {"-e", "exec_timeout=300ms"});
    const auto late = mote({"invoke", "classic", "x"});
    EXPECT_EQ(late.exit_code, 6) << late.err;
    EXPECT_TRUE(is_one_line(late.err, {"classic: Killed process."}));
    // Its head, a 200, has gone by then.
    deploy("streaming", "sleep 60", {"-e", "exec_timeout=300ms", "-e", "mode=streaming"});
    const auto broken = mote({"invoke", "streaming", "x"});
    EXPECT_EQ(broken.exit_code, 1) << broken.err;
    EXPECT_TRUE(is_one_line(broken.err, {url, "the answer broke off", "exec_timeout", "`mote logs streaming`"}));
    EXPECT_TRUE(has_not(broken.err, "cannot connect"));
}

TEST_F(mote_functions, invokes_with_headers_query_and_standard_input) {
    deploy("env", "env");
    const auto told =
        mote({"invoke", "env", "-", "-H", "X-Thing: 7", "--query", "a=b c", "--query", "d=&"}, {}, "body");
    EXPECT_EQ(told.exit_code, 0) << told.err;
    EXPECT_TRUE(has(told.out, "Http_X_Thing=7\n"));
    EXPECT_TRUE(has_not(told.out, "Http_Authorization")) << "a function does not see the login";
    EXPECT_TRUE(has(told.out, "Http_Query=a=b%20c&d=%26\n"));
    deploy("cat", "cat");
    EXPECT_EQ(mote({"invoke", "cat"}, {}, "piped in").out, "piped in\n");
    EXPECT_EQ(mote({"invoke", "cat.openfaas-fn", "named"}).out, "named\n");

    const auto unknown = mote({"invoke", "nobody", "x"});
    EXPECT_EQ(unknown.exit_code, 5);
    EXPECT_TRUE(is_one_line(unknown.err, {"nobody", "mote functions"}));
    deploy("failing", "false");
    const auto failed = mote({"invoke", "failing", "x"});
    EXPECT_EQ(failed.exit_code, 7);
    EXPECT_TRUE(is_one_line(failed.err, {"failing", "500", "mote logs failing"}));
}

TEST_F(mote_functions, queues_a_call_and_shows_what_became_of_it) {
    deploy("cat", "cat");
    const auto queued = mote({"invoke", "cat", "later", "--async"});
    EXPECT_EQ(queued.exit_code, 0) << queued.err;
    const auto id = queued.out.substr(0, queued.out.find('\n'));
    ASSERT_GT(id.size(), 10U) << queued.out;
    EXPECT_TRUE(has(queued.err, "mote call " + id));
    EXPECT_TRUE(eventually_holds([&] {
        const auto shown = mote({"call", id});
        return shown.exit_code == 0 && has(shown.out, "state        done\n") && has(shown.out, "later");
    })) << mote({"call", id}).out;
    EXPECT_EQ(text_at(boost::json::parse(mote({"call", id, "--json"}).out), "state"), "done");
    const auto too_late = mote({"call", id, "--cancel"});
    EXPECT_EQ(too_late.exit_code, 7);
    EXPECT_TRUE(is_one_line(too_late.err, {id, "ended"}));
    const auto unknown = mote({"call", "no-such-call"});
    EXPECT_EQ(unknown.exit_code, 5);
    EXPECT_TRUE(is_one_line(unknown.err, {"no-such-call", "--async"}));
    EXPECT_EQ(mote({"invoke", "nobody", "x", "--async"}).exit_code, 5);
}

TEST_F(mote_functions, cancels_a_queued_call) {
    deploy("slow", "sleep 600");
    const auto queued = mote({"invoke", "slow", "--async"});
    const auto id = queued.out.substr(0, queued.out.find('\n'));
    ASSERT_GT(id.size(), 10U) << queued.err;
    const auto cancelled = mote({"call", id, "--cancel"});
    EXPECT_EQ(cancelled.exit_code, 0) << cancelled.err;
    EXPECT_TRUE(eventually_holds([&] { return !!has(mote({"call", id}).out, "state        cancelled\n"); }))
        << mote({"call", id}).out;
}

TEST_F(mote_functions, prints_logs_once_and_as_they_come) {
    deploy("cat", "cat");
    EXPECT_EQ(mote({"invoke", "cat", "x"}).exit_code, 0);
    EXPECT_TRUE(eventually_holds([&] { return !!has(mote({"logs", "cat"}).out, "Wrote 1 Bytes"); }))
        << mote({"logs", "cat"}).out;
    const auto last = mote({"logs", "cat", "--tail", "1", "--json"}).out;
    EXPECT_EQ(text_at(boost::json::parse(last), "name"), "cat") << last;
    EXPECT_TRUE(has(mote({"logs", "cat", "--since", "10m"}).out, "Forking fprocess."));
    EXPECT_EQ(mote({"logs", "cat", "--since", "2100-01-01T00:00:00Z"}).out, "");

    const process following(command_environment::line({"logs", "cat", "-f", "--gateway", url}), environment.options());
    EXPECT_TRUE(following.wait_for_output("Wrote 1 Bytes", patience)) << following.output();
    EXPECT_EQ(mote({"invoke", "cat", "four"}).exit_code, 0);
    EXPECT_TRUE(following.wait_for_output("Wrote 4 Bytes", patience)) << following.output();
    EXPECT_TRUE(following.running());
    following.kill(SIGINT);
    const auto ended = following.wait(40s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);

    for (const auto& arguments : {std::vector<std::string>{"logs", "nobody"}, {"logs", "nobody", "-f"}}) {
        const auto unknown = mote(arguments);
        EXPECT_EQ(unknown.exit_code, 5);
        EXPECT_TRUE(is_one_line(unknown.err, {"nobody", "mote functions"}));
    }
}

TEST_F(mote_functions, goes_on_with_a_log_when_the_gateway_was_away) {
    deploy("cat", "cat");
    EXPECT_EQ(mote({"invoke", "cat", "x"}).exit_code, 0);
    const process following(command_environment::line({"logs", "cat", "-f", "--gateway", url}), environment.options());
    EXPECT_TRUE(following.wait_for_output("Wrote 1 Bytes", patience)) << following.output();
    EXPECT_EQ(up->terminate(40s).code, 0);
    start();
    EXPECT_EQ(mote({"invoke", "cat", "four"}).exit_code, 0);
    EXPECT_TRUE(following.wait_for_output("Wrote 4 Bytes", patience)) << following.output();
    const auto text = following.out();
    const auto first = text.find("Wrote 1 Bytes");
    EXPECT_EQ(text.find("Wrote 1 Bytes", first + 1), std::string::npos) << "each line once\n" << text;
}

TEST_F(mote_functions, scales_and_removes) {
    deploy("cat", "cat");
    const auto scaled = mote({"scale", "cat", "3"});
    EXPECT_EQ(scaled.exit_code, 0) << scaled.err;
    EXPECT_TRUE(has(mote({"functions"}).out, "/3\t"));
    const auto unknown = mote({"scale", "nobody", "3"});
    EXPECT_EQ(unknown.exit_code, 5);
    EXPECT_TRUE(is_one_line(unknown.err, {"nobody", "not found"}));

    EXPECT_EQ(mote({"remove", "cat"}).exit_code, 0);
    EXPECT_EQ(mote({"functions"}).out, "");
    const auto again = mote({"remove", "cat"});
    EXPECT_EQ(again.exit_code, 5);
    EXPECT_TRUE(is_one_line(again.err, {"cat", "not found"}));
}

TEST_F(mote_functions, keeps_secrets_from_files_and_standard_input) {
    EXPECT_EQ(mote({"secret", "ls"}).out, "");
    const auto file = write("value", " from a file\n");
    EXPECT_EQ(mote({"secret", "create", "key", "--from-file", file.string()}).exit_code, 0);
    EXPECT_EQ(cells(mote({"secret", "ls"}).out), (rows{{"Name", "Namespace"}, {"key", "openfaas-fn"}}));
    const auto twice = mote({"secret", "create", "key"}, {}, "other");
    EXPECT_EQ(twice.exit_code, 7);
    EXPECT_TRUE(is_one_line(twice.err, {"secret key", "exists"}));
    EXPECT_EQ(mote({"secret", "update", "key"}, {}, "other").exit_code, 0);
    const auto empty = mote({"secret", "update", "key"}, {}, " \n");
    EXPECT_EQ(empty.exit_code, 2);
    EXPECT_TRUE(is_one_line(empty.err, {"empty", "--from-file"}));
    const auto missing = mote({"secret", "create", "other", "--from-file", "/nonexistent/file"});
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_TRUE(is_one_line(missing.err, {"/nonexistent/file", "No such file"}));
    EXPECT_EQ(mote({"secret", "remove", "key"}).exit_code, 0);
    const auto gone = mote({"secret", "remove", "key"});
    EXPECT_EQ(gone.exit_code, 5);
    EXPECT_TRUE(is_one_line(gone.err, {"secret key", "not found", "`mote secret ls`"}));
    EXPECT_TRUE(has_not(gone.err, "mote functions"));
    EXPECT_TRUE(has(mote({"secret", "remove", "--help"}).out, "The secret"));
}

TEST_F(mote_functions, gives_a_secret_to_the_function_that_names_it) {
    if (run({"bwrap", "--ro-bind", "/", "/", "true"}).exit_code != 0) GTEST_SKIP() << "no sandbox on this machine";
    EXPECT_EQ(mote({"secret", "create", "key"}, {}, "the value\n").exit_code, 0);
    EXPECT_EQ(mote({"secret", "create", "raw", "--no-trim"}, {}, "the value\n").exit_code, 0);
    deploy("reader", "cat /var/openfaas/secrets/key /var/openfaas/secrets/raw", {"--secret", "key", "--secret", "raw"});
    EXPECT_EQ(mote({"invoke", "reader"}).out, "the valuethe value\n");
}

}  // namespace
}  // namespace mote::test
