// mote context: the contexts of the `nats` command, listed, selected, shown and tested.

#include <tests/mote/context/contexts.hpp>

#include <tests/support/loopback.hpp>

#include <boost/json/object.hpp>

#include <set>
#include <sys/stat.h>

namespace mote::test {
namespace {

namespace fs = std::filesystem;

class mote_contexts : public testing::Test {
protected:
    run_result mote(std::vector<std::string> arguments, std::map<std::string, std::string> env = {}) const {
        arguments.insert(arguments.begin(), "context");
        return environment.run(std::move(arguments), std::move(env));
    }
    boost::json::object parse_object(const std::string& text) const { return boost::json::parse(text).as_object(); }

    command_environment environment;
    contexts files{environment};
};

TEST_F(mote_contexts, are_listed_with_the_selected_one_and_without_logins) {
    files.write("b", R"({"url": "nats://user:s3cret@b:4222,nats://t0ken@c", "description": "second"})");
    files.write("a", R"({"url": "nats://a"})");
    files.put(files.root() / "context.txt", "a\n");
    files.put(files.root() / "context" / "notes.txt", "no context");
    files.put(files.root() / "context" / "empty.json", "");
    const auto listed = cells(mote({"ls"}).out);
    const std::vector<std::vector<std::string>> wanted = {
        {"Name", "Selected", "Server", "Description"},
        {"a", "yes", "nats://a", ""},
        {"b", "", "nats://********@b:4222,nats://********@c", "second"}};
    EXPECT_EQ(listed, wanted);
    const auto json = parse_array(mote({"ls", "--json"}).out);
    ASSERT_EQ(json.size(), 2u);
    EXPECT_EQ(text_at(json[0], "name"), "a");
    EXPECT_TRUE(json[0].at("selected").as_bool());
    EXPECT_EQ(text_at(json[1], "url"), "nats://********@b:4222,nats://********@c");
}

TEST_F(mote_contexts, say_that_there_are_none) {
    const auto none = mote({"ls"});
    EXPECT_EQ(none.exit_code, 0);
    EXPECT_EQ(none.out, "");
    EXPECT_TRUE(has(none.err, "nats context add"));
    EXPECT_EQ(mote({"ls", "--json"}).out, "[]\n");
}

TEST_F(mote_contexts, are_listed_although_one_is_broken_which_is_named_with_its_file_and_field) {
    files.write("broken", "{");
    files.write("fine", R"({"url": "nats://a"})");
    files.write("wrong", R"({"url": 4222})");
    const auto listed = mote({"ls"});
    EXPECT_EQ(listed.exit_code, 0);
    EXPECT_EQ(cells(listed.out).size(), 4u);
    EXPECT_TRUE(has(listed.err, files.file("broken") + ": not JSON"));
    EXPECT_TRUE(has(listed.err, files.file("wrong") + ": \"url\" is a number, not a text"));
    const auto json = parse_array(mote({"ls", "--json"}).out);
    EXPECT_TRUE(has(text_at(json.at(2), "mistake"), "\"url\" is a number"));
}

TEST_F(mote_contexts, show_what_is_in_one_but_no_secret) {
    const std::string seed = "SUAM3ZTUDXUJJ3KQEBZJBNEGFZHQCVHIFUKFK3WEEPWJTDCI7JRLSRGJQE";
    files.write("all",
                R"({"url": "nats://me:pa55@host:1", "socks_proxy": "socks5://x:pr0xy@p:1", "token": "t0ken",
        "password": "pa55word", "user": "me", "user_jwt": "eyJhbGciOi", "user_seed": ")" +
                    seed + R"(", "nkey": ")" + seed +
                    R"(", "creds": "data:;base64,c2VjcmV0", "future_key": "f0ture", "of the future": {"deep": "d33p"},
        "inbox_prefix": "_IN", "tls_first": true})");
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"show", "all"},
                                                      {"show", "all", "--json"},
                                                      {"info", "all"},
                                                      {"show", files.file("all")}}) {
        const auto shown = mote(arguments);
        const std::string all = shown.out + shown.err;
        for (const std::string secret :
             {"pa55", "pr0xy", "t0ken", "eyJhbGciOi", seed.c_str(), "c2VjcmV0", "f0ture", "d33p"})
            EXPECT_TRUE(has_not(all, secret));
        for (const std::string fine : {"_IN", "me", "********", "password", "future_key"}) EXPECT_TRUE(has(all, fine));
    }
    const auto json = parse_object(mote({"show", "all", "--json"}).out);
    EXPECT_EQ(text_at(json, "password"), "********");
    EXPECT_TRUE(json.at("tls_first").as_bool());
    EXPECT_EQ(text_at(json, "name"), "all");
    EXPECT_EQ(text_at(json, "path"), files.file("all"));
}

TEST_F(mote_contexts, keep_the_place_of_a_secret_readable) {
    files.write("places", R"({"password": "env://MOTE_TEST_PASSWORD", "user": "me", "token": "file:///absent/token"})");
    const auto shown = mote({"show", "places"}, {{"MOTE_TEST_PASSWORD", "pa55"}});
    EXPECT_TRUE(has(shown.out, "env://MOTE_TEST_PASSWORD"));
    EXPECT_TRUE(has_not(shown.out, "pa55"));
    EXPECT_EQ(shown.exit_code, 2);
    EXPECT_TRUE(is_one_line(shown.err, {files.file("places"), "\"token\"", "/absent/token: No such file"}));
}

TEST_F(mote_contexts, name_the_field_and_the_file_of_each_mistake) {
    const std::map<std::string, std::string> wrong = {
        {R"({"url": "nats://:x:y"})", "\"url\""},
        {R"({"creds": "/absent.creds"})", "\"creds\": /absent.creds: No such file"},
        {R"({"nkey": "env://MOTE_TEST_ABSENT"})", "\"nkey\": the variable MOTE_TEST_ABSENT is not set"},
        {R"({"cert": "/etc/passwd"})", "\"cert\": there is no \"key\" for it"},
        {R"({"key": "/etc/passwd"})", "\"key\": there is no \"cert\" for it"},
        {R"({"ca": "/absent.pem"})", "\"ca\": /absent.pem"},
        {R"({"user_seed": "SU"})", "\"user_seed\": there is no \"user_jwt\" for it"},
        {R"({"user": "a", "user_jwt": "b"})", "\"user\", \"user_jwt\": more than one kind of login"},
        {R"({"nsc": "nsc://o/a/u"})", "\"nsc\": is not supported"},
        {R"({"user": "u", "password": "op://vault/item"})",
         "\"password\": secrets of 1Password and nsc cannot be read"},
        {R"({"creds": "nsc://o/a/u"})", "\"creds\": secrets of 1Password and nsc cannot be read"},
        {R"({"tls_first": "yes"})", "\"tls_first\" is a text, not true or false"},
        {R"({"token": ["a"]})", "\"token\" is a list, not a text"},
    };
    for (const auto& [json, what] : wrong) {
        files.write("wrong", json);
        const auto shown = mote({"show", "wrong"});
        EXPECT_EQ(shown.exit_code, 2) << json;
        EXPECT_TRUE(has(shown.err, files.file("wrong") + ": " + what)) << json;
        const auto tested = mote({"test", "wrong"});
        EXPECT_EQ(tested.exit_code, 2) << json;
        EXPECT_TRUE(is_one_line(tested.err, {files.file("wrong"), what.substr(0, what.find(':'))})) << json;
    }
}

TEST_F(mote_contexts, are_selected_as_the_nats_command_does_it) {
    files.write("a", R"({"url": "nats://a"})");
    files.write("b", R"({"url": "nats://b", "unknown": [1, 2]})");
    const std::string before = files.read("context/b.json");
    EXPECT_EQ(mote({"select", "a"}).out, "a\n");
    EXPECT_EQ(files.read("context.txt"), "a") << "without an end of line";
    EXPECT_FALSE(fs::exists(files.root() / "previous-context.txt"));
    EXPECT_EQ(mote({"select", "b"}).exit_code, 0);
    EXPECT_EQ(files.read("context.txt"), "b");
    EXPECT_EQ(files.read("previous-context.txt"), "a");
    EXPECT_EQ(mote({"select", "-"}).out, "a\n");
    EXPECT_EQ(files.read("context.txt"), "a");
    EXPECT_EQ(files.read("previous-context.txt"), "b");
    EXPECT_EQ(files.read("context/b.json"), before) << "a context itself is never written";
    std::set<std::string> names;
    for (const auto& each : fs::directory_iterator(files.root())) names.insert(each.path().filename().string());
    EXPECT_EQ(names, (std::set<std::string>{"context", "context.txt", "previous-context.txt"}))
        << "nothing is left behind";
}

TEST_F(mote_contexts, keep_the_selection_when_the_new_one_cannot_be_used) {
    files.write("a", R"({"url": "nats://a"})");
    files.write("staging", R"({"url": "nats://b"})");
    files.write("broken", R"({"url": )");
    ASSERT_EQ(mote({"select", "a"}).exit_code, 0);
    EXPECT_TRUE(is_one_line(mote({"select", "stagin"}).err, {"no context \"stagin\"", "did you mean staging?"}));
    EXPECT_TRUE(is_one_line(mote({"select", "broken"}).err, {files.file("broken"), "not JSON at byte"}));
    EXPECT_TRUE(is_one_line(mote({"select", "../context/staging"}).err, {"no context"}));
    EXPECT_TRUE(is_one_line(mote({"select", files.file("staging")}).err, {"no context"}));
    EXPECT_TRUE(is_one_line(mote({"select"}).err, {"NAME is required", "a, broken, staging"}));
    EXPECT_TRUE(is_one_line(mote({"select", "-"}).err, {"no context was selected before"}));
    for (const std::string name : {"stagin", "broken", "../x", "-", ""})
        EXPECT_EQ(mote({"select", name}).exit_code, 2) << name;
    EXPECT_EQ(files.read("context.txt"), "a");
}

TEST_F(mote_contexts, say_which_of_them_is_used_when_none_is_named) {
    EXPECT_TRUE(is_one_line(mote({"show"}).err, {"no context is selected", "mote context select"}));
    EXPECT_TRUE(is_one_line(mote({"test"}).err, {"no context is selected"}));
    files.write("a", R"({"url": "nats://a", "description": "the first"})");
    ASSERT_EQ(mote({"select", "a"}).exit_code, 0);
    EXPECT_TRUE(has(mote({"show"}).out, "the first"));
    EXPECT_EQ(mote({"show", "b"}).exit_code, 2);
    EXPECT_TRUE(is_one_line(mote({"show", "b"}).err, {"no context \"b\"", "did you mean a?"}));
}

TEST_F(mote_contexts, refuse_another_server_than_their_own) {
    files.write("a", R"({"url": "nats://a"})");
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"test", "a", "-s", "nats://b"},
                                                      {"test", "a", "--user", "me"},
                                                      {"ls", "--context", "a"}}) {
        const auto refused = mote(arguments);
        EXPECT_EQ(refused.exit_code, 2);
        EXPECT_TRUE(is_one_line(refused.err, {"a context says itself"}));
    }
}

class mote_context_live : public command_live {
protected:
    contexts files{environment};
};

TEST_F(mote_context_live, is_tested_with_its_own_server_and_not_that_of_the_variables) {
    files.write("here", R"({"url": ")" + server->url() + R"("})");
    const std::string nowhere = "nats://127.0.0.1:" + std::to_string(free_port());
    const auto tested =
        environment.run({"context", "test", "here"}, {{"NATS_URL", nowhere}, {"NATS_CONTEXT", "absent"}});
    EXPECT_EQ(tested.exit_code, 0) << tested.err;
    for (const std::string part : {"here", "127.0.0.1:", "version", "rtt", "JetStream    yes: 0 streams, 0 consumers"})
        EXPECT_TRUE(has(tested.out, part));
    const auto json = boost::json::parse(environment.run({"context", "test", "here", "--json"}).out);
    EXPECT_GT(json.at("rtt").to_number<std::int64_t>(), 0);
    EXPECT_EQ(text_at(json, "context"), "here");
    EXPECT_TRUE(text_at(json, "version").starts_with("2."));
    EXPECT_TRUE(json.at("jetstream").at("enabled").as_bool());

    files.write("away", R"({"url": ")" + nowhere + R"("})");
    const auto away = environment.run({"context", "test", "away"}, {{"NATS_URL", server->url()}});
    EXPECT_EQ(away.exit_code, 3);
    EXPECT_TRUE(is_one_line(away.err, {nowhere.substr(7), files.file("away")})) << "where the address came from";
}

TEST_F(mote_context_live, that_is_selected_decides_which_server_is_asked) {
    files.write("here", R"({"url": ")" + server->url() + R"("})");
    ASSERT_EQ(environment.run({"context", "select", "here"}).exit_code, 0);
    EXPECT_EQ(environment.run({"ls"}).exit_code, 5) << "it is there, and no service is";
    EXPECT_EQ(environment.run({"context", "test"}).exit_code, 0);
}

TEST(mote_context_jetstream, is_told_to_be_missing_where_it_is) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.jetstream = false;
    const nats_server server(options);
    const command_environment environment;
    const contexts files(environment);
    files.write("plain", R"({"url": ")" + server.url() + R"("})");
    const auto tested = environment.run({"context", "test", "plain"});
    EXPECT_EQ(tested.exit_code, 0);
    EXPECT_TRUE(has(tested.out, "JetStream    no: "));
    const auto json = boost::json::parse(environment.run({"context", "test", "plain", "--json"}).out);
    EXPECT_FALSE(json.at("jetstream").at("enabled").as_bool());
}

TEST(mote_context_login, that_is_refused_is_exit_4_and_shows_no_secret) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.user = "someone";
    options.password = "secret";
    const nats_server closed(options);
    const command_environment environment;
    const contexts files(environment);
    files.write("wrong", R"({"url": ")" + closed.url() + R"(", "user": "someone", "password": "wr0ng"})");
    files.write("right", R"({"url": ")" + closed.url() + R"(", "user": "someone", "password": "secret"})");
    const auto refused = environment.run({"context", "test", "wrong"});
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_TRUE(is_one_line(refused.err));
    EXPECT_TRUE(has_not(refused.err, "wr0ng"));
    EXPECT_EQ(environment.run({"context", "test", "right"}).exit_code, 0);
}

}  // namespace
}  // namespace mote::test
