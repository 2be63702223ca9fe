// `mote bundle` and `mote deploy -f`: files of one's own as functions.

#include <tests/mote/function_live.hpp>

#include <tests/support/loopback.hpp>

#include <csignal>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class mote_stack : public function_live {
protected:
    /// A directory with a program that says this and what it is sent.
    fs::path handler(const std::string& name, const std::string& says) const {
        write(fs::path(name) / "function.env", "fprocess=./run\nmode=streaming\n");
        return write(fs::path(name) / "run", "#!/bin/sh\necho " + says + "\ncat\n", true).parent_path();
    }
};

TEST_F(mote_stack, pushes_a_bundle_that_functions_run) {
    const auto none = mote({"bundle", "ls"});
    EXPECT_EQ(none.exit_code, 0) << none.err;
    EXPECT_EQ(none.out, "");
    const auto directory = handler("hello", "hello");
    const auto pushed = mote({"bundle", "push", "me/hello:1", directory.string()});
    EXPECT_EQ(pushed.exit_code, 0) << pushed.err;
    EXPECT_TRUE(pushed.out.starts_with("sha256:")) << pushed.out;
    EXPECT_EQ(pushed.out.size(), 7U + 64 + 1);
    EXPECT_EQ(mote({"bundle", "push", "me/hello:1", directory.string()}).out, pushed.out) << "the same again";
    const auto listed = cells(mote({"bundle", "ls"}).out);
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[1][0], "me/hello:1");
    EXPECT_EQ(listed[1][3] + "\n", pushed.out);
    EXPECT_EQ(text_at(parse_array(mote({"bundle", "ls", "--json"}).out).at(0), "name"), "me/hello:1");

    EXPECT_EQ(mote({"deploy", "hello", "--image", "me/hello:1"}).exit_code, 0);
    const auto answer = mote({"invoke", "hello", "world"});
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_EQ(answer.out, "hello\nworld\n");
}

TEST_F(mote_stack, says_why_a_bundle_cannot_be_pushed) {
    const auto directory = handler("hello", "hello").string();
    const auto missing = mote({"bundle", "push", "hello", "/nonexistent/directory"});
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_TRUE(is_one_line(missing.err, {"/nonexistent/directory", "not there"}));
    const auto reserved = mote({"bundle", "push", "functions/alpine", directory});
    EXPECT_EQ(reserved.exit_code, 2);
    EXPECT_TRUE(is_one_line(reserved.err, {"functions/alpine", "built in"}));
    const auto unnamed = mote({"bundle", "push", "No Name", directory});
    EXPECT_EQ(unnamed.exit_code, 2);
    EXPECT_TRUE(is_one_line(unnamed.err, {"No Name"}));
    write("bad/function.env", "no equals sign\n");
    const auto bad = mote({"bundle", "push", "hello", (environment.home() / "bad").string()});
    EXPECT_EQ(bad.exit_code, 1);
    EXPECT_TRUE(is_one_line(bad.err, {"function.env", "cannot be pushed"}));
    const auto nowhere = "nats://127.0.0.1:" + std::to_string(free_port());
    const auto away = mote({"bundle", "push", "hello", directory, "-s", nowhere});
    EXPECT_EQ(away.exit_code, 3);
    EXPECT_TRUE(is_one_line(away.err, {"cannot connect", "mote up"}));
}

TEST_F(mote_stack, deploys_what_a_stack_file_says) {
    handler("app/hello", "hello");
    write("app/more.yml", "environment:\n  size: large\n");
    const auto file = write("app/stack.yml",
                            "version: 1.0\n"
                            "provider:\n"
                            "  name: openfaas\n"
                            "  gateway: http://127.0.0.1:1\n"
                            "functions:\n"
                            "  hello:\n"
                            "    lang: dockerfile\n"
                            "    handler: ./hello\n"
                            "    image: ${REGISTRY:-localhost:5000}/hello:latest\n"
                            "  env:\n"
                            "    image: functions/alpine\n"
                            "    fprocess: env\n"
                            "    environment:\n"
                            "      colour: ${COLOUR}\n"
                            "      size: small\n"
                            "    environment_file: [more.yml]\n");
    const std::map<std::string, std::string> colour{{"COLOUR", "blue"}};
    const auto result = mote({"deploy", "-f", file.string(), "--gateway", url}, colour);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, url + "/function/hello\n" + url + "/function/env\n");
    EXPECT_EQ(mote({"invoke", "hello", "world"}).out, "hello\nworld\n");
    const auto variables = mote({"invoke", "env"}).out;
    EXPECT_TRUE(has(variables, "colour=blue\n"));
    EXPECT_TRUE(has(variables, "size=large\n")) << "files go over what is inline";

    const auto one = mote({"deploy", "env", "-f", file.string(), "--gateway", url}, colour);
    EXPECT_EQ(one.out, url + "/function/env\n") << one.err;
    for (const auto& [option, pattern] : {std::pair("--filter", "e*"), std::pair("--regex", "^e")}) {
        const auto some = mote({"deploy", option, pattern, "-f", file.string(), "--gateway", url}, colour);
        EXPECT_EQ(some.out, url + "/function/env\n") << some.err;
    }
    const auto none = mote({"deploy", "--filter", "x*", "-f", file.string(), "--gateway", url}, colour);
    EXPECT_EQ(none.exit_code, 5);
    EXPECT_TRUE(is_one_line(none.err, {"x*: matches no function", "hello"}));
    const auto other = mote({"deploy", "-f", file.string()}, colour);
    EXPECT_EQ(other.exit_code, 3) << "the gateway of the file goes before the variable";
    EXPECT_TRUE(has(other.err, "http://127.0.0.1:1"));
    const auto unset = mote({"deploy", "-f", file.string(), "--gateway", url});
    EXPECT_EQ(unset.exit_code, 2);
    EXPECT_TRUE(is_one_line(unset.err, {file.string() + ":14: ", "${COLOUR}", "not set"}));
    const auto unknown = mote({"deploy", "nobody", "-f", file.string(), "--gateway", url}, colour);
    EXPECT_EQ(unknown.exit_code, 5);
    EXPECT_TRUE(is_one_line(unknown.err, {"nobody", "hello"}));
    const auto missing = mote({"deploy", "-f", "/nonexistent/stack.yml"});
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_TRUE(is_one_line(missing.err, {"/nonexistent/stack.yml", "No such file"}));
}

TEST_F(mote_stack, takes_the_usual_address_in_a_file_for_none_as_faas_cli_does) {
    const std::string functions = "functions:\n  cat: {image: functions/alpine, fprocess: cat}\n";
    const auto usual = write("usual.yml", "provider: {name: openfaas, gateway: http://127.0.0.1:8080/}\n" + functions);
    const auto result = mote({"deploy", "-f", usual.string()});
    EXPECT_EQ(result.exit_code, 0) << "OPENFAAS_URL goes before it: " << result.err;
    EXPECT_EQ(result.out, url + "/function/cat\n");
    const auto other = write("other.yml", "provider: {name: openfaas, gateway: http://127.0.0.1:1}\n" + functions);
    const auto away = mote({"deploy", "-f", other.string()});
    EXPECT_EQ(away.exit_code, 3);
    EXPECT_TRUE(is_one_line(away.err, {"that address is from " + other.string(), "name one with --gateway URL"}));
    EXPECT_TRUE(has_not(away.err, "OPENFAAS_URL")) << "it would not be heard";
    EXPECT_TRUE(has(mote({"deploy", "--help"}).out, "provider.gateway"));
    const auto wrong = write("wrong.yml", "provider: {name: openfaas, gateway: 127.0.0.1}\n" + functions);
    EXPECT_TRUE(is_one_line(mote({"deploy", "-f", wrong.string()}).err, {wrong.string() + ": not an http://"}));
}

TEST_F(mote_stack, deploys_the_others_when_one_is_refused) {
    const auto file = write("stack.yml",
                            "functions:\n"
                            "  bad: {image: nobody/pushed-this}\n"
                            "  good: {image: functions/alpine, fprocess: cat}\n");
    const auto result = mote({"deploy", "-f", file.string()});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_TRUE(has(result.err, "bad: "));
    EXPECT_EQ(result.out, url + "/function/good\n");
    EXPECT_EQ(mote({"invoke", "good", "x"}).out, "x\n");
}

TEST_F(mote_stack, deploys_again_when_a_file_of_a_handler_changes) {
    handler("app/hello", "one");
    const auto file = write("app/stack.yml", "functions:\n  hello:\n    handler: hello\n    image: hello\n");
    const process watching(command_environment::line({"deploy", "-f", file.string(), "--watch"}),
                           environment.options(addresses()));
    ASSERT_TRUE(watching.wait_for_output("Deploys again when", patience)) << watching.output();
    EXPECT_EQ(mote({"invoke", "hello", "x"}).out, "one\nx\n");
    handler("app/hello", "two");
    EXPECT_TRUE(eventually_holds([&] { return mote({"invoke", "hello", "x"}).out == "two\nx\n"; }))
        << watching.output();
    // A new directory counts, and so does what comes into it.
    write("app/hello/words/text", "first\n");
    write("app/hello/run", "#!/bin/sh\ncat words/text\n", true);
    EXPECT_TRUE(eventually_holds([&] { return mote({"invoke", "hello", "x"}).out == "first\n"; })) << watching.output();
    write("app/hello/words/text", "second\n");
    EXPECT_TRUE(eventually_holds([&] { return mote({"invoke", "hello", "x"}).out == "second\n"; }))
        << watching.output();
    // What cannot be pushed is said, and the next change may mend it.
    write("app/hello/function.env", "no equals sign\n");
    EXPECT_TRUE(watching.wait_for_output("cannot be pushed", patience)) << watching.output();
    write("app/hello/words/text", "third\n");
    write("app/hello/function.env", "fprocess=./run\nmode=streaming\n");
    EXPECT_TRUE(eventually_holds([&] { return mote({"invoke", "hello", "x"}).out == "third\n"; })) << watching.output();
    watching.kill(SIGINT);
    const auto ended = watching.wait(40s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
}

TEST_F(mote_stack, watches_what_the_file_says_when_that_changes) {
    handler("app/hello", "one");
    handler("app/other", "other");
    const std::string of_hello = "functions:\n  hello:\n    handler: hello\n    image: hello\n";
    const std::string of_other = "  other:\n    handler: other\n    image: other\n";
    const std::string more = "  more:\n    handler: more\n    image: more\n";
    const auto file = write("app/stack.yml", of_hello + of_other);
    const process watching(command_environment::line({"deploy", "-f", file.string(), "--watch"}),
                           environment.options(addresses()));
    ASSERT_TRUE(watching.wait_for_output("Deploys again when", patience)) << watching.output();
    const auto says = [this](const std::string& name, const std::string& wanted) {
        return eventually_holds([&] { return mote({"invoke", name, "x"}).out == wanted + "\nx\n"; });
    };
    // A directory that is replaced by a new one, with a while without any.
    fs::remove_all(file.parent_path() / "hello");
    EXPECT_TRUE(watching.wait_for_output("not there", patience)) << watching.output();
    handler("app/hello", "two");
    EXPECT_TRUE(says("hello", "two")) << watching.output();
    handler("app/hello", "three");
    EXPECT_TRUE(says("hello", "three")) << watching.output();
    // The file itself, here replaced as editors do.
    const auto edited = write("app/stack.new", of_hello + "    environment_file: [more.yml]\n" + of_other);
    write("app/more.yml", "environment: {colour: blue}\n");
    fs::rename(edited, file);
    const auto has_colour = [this](const std::string& colour) {
        return eventually_holds([&] {
            const auto listed = parse_array(mote({"functions", "--json"}).out);
            const auto* const variables = listed.at(0).as_object().if_contains("envVars");
            return variables != nullptr && text_at(*variables, "colour") == colour;
        });
    };
    EXPECT_TRUE(has_colour("blue")) << watching.output();
    write("app/more.yml", "environment: {colour: red}\n");
    EXPECT_TRUE(has_colour("red")) << "a file that it names";
    // A function that is added, and whose handler changes after that.
    handler("app/more", "added");
    write("app/stack.yml", of_hello + of_other + more);
    EXPECT_TRUE(says("more", "added")) << watching.output();
    handler("app/more", "changed");
    EXPECT_TRUE(says("more", "changed")) << watching.output();
    // What has not changed was deployed once.
    EXPECT_TRUE(has(watching.output(), "Updated hello.")) << watching.output();
    EXPECT_TRUE(has(watching.output(), "Deployed other.")) << watching.output();
    EXPECT_TRUE(has_not(watching.output(), "Updated other.")) << watching.output();
    EXPECT_TRUE(says("other", "other"));
    watching.kill(SIGINT);
    ASSERT_TRUE(watching.wait(40s));
}

TEST_F(mote_stack, has_nothing_to_watch_without_a_handler) {
    const auto file = write("stack.yml", "functions:\n  cat: {image: functions/alpine, fprocess: cat}\n");
    const auto result = mote({"deploy", "-f", file.string(), "--watch"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"handler", "--watch"}));
}

}  // namespace
}  // namespace mote::test
