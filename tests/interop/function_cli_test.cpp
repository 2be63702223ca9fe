// The official `nats` command sees a deployed function of any kind as any micro service. MOTE_NATS_CLI names the command.

#include <tests/mote/function_live.hpp>

#include <tests/support/loopback.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

/// A function, and what it answers to a POST of "once"; to a GET where it has files.
struct kind {
    std::string name;
    std::vector<std::string> deployed_with;
    std::string answer;
    bool serves_itself = false;  ///< an instance a process; of the others one a node
};

class function_cli : public function_live {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        cli_ = named;
        if (!require_nats_server()) return;
        port = free_port();
        http_port = free_port();
        start({"--no-sandbox"});  // the program of mode `micro` lies in the build directory
        push_site();
        for (const auto& each : kinds()) {
            std::vector<std::string> arguments{"deploy", each.name};
            arguments.insert(arguments.end(), each.deployed_with.begin(), each.deployed_with.end());
            const auto deployed = mote(arguments);
            ASSERT_EQ(deployed.exit_code, 0) << each.name << ": " << deployed.err;
            EXPECT_TRUE(eventually_holds([&] { return answers(each); })) << each.name << ": " << ask(each).body;
        }
    }

    static std::vector<kind> kinds() {
        const auto command = [](const char* mode, const char* process) {
            return std::vector<std::string>{"--image", "functions/alpine",         "--fprocess", process,
                                            "--env",   "mode=" + std::string(mode)};
        };
        return {
            {"classic", command("classic", "tr a-z A-Z"), "ONCE"},
            {"serializing", command("serializing", "tr a-z A-Z"), "ONCE"},
            {"streaming", command("streaming", "tr a-z A-Z"), "ONCE"},
            {"http", {"--image", "functions/http-echo"}, "once"},
            {"static", {"--image", "site"}, "<p>hello</p>"},
            {"micro", command("micro", MOTE_TEST_NODE_PROGRAM " micro"), "body=once\n", true},
        };
    }

    http::response ask(const kind& what) const {
        return fetch(what.name == "static" ? "GET" : "POST", url + "/function/" + what.name, "once");
    }
    bool answers(const kind& what) const {
        const auto got = ask(what);
        return got.status == 200 && got.body.ends_with(what.answer);
    }

    run_result try_micro(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {cli_, "--no-context", "-s", nats_url, "micro"});
        return run(std::move(arguments), environment.options({{"NO_COLOR", "1"}}));
    }
    std::string micro(std::vector<std::string> arguments) const {
        const auto result = try_micro(std::move(arguments));
        EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
        return result.out;
    }
    /// How many instances of each name `nats micro ls` lists.
    std::map<std::string, std::size_t> listed() const {
        std::map<std::string, std::size_t> found;
        for (const auto& one : parse_array(micro({"ls", "--json"}))) ++found[text_at(one, "name")];
        return found;
    }
    bool comes_to_list(const std::string& name, std::size_t instances) const {
        return eventually_holds([&] { return listed()[name] == instances; });
    }
    std::uint64_t counted(const std::string& name) const {
        std::uint64_t sum = 0;
        for (const auto& one : parse_array(micro({"stats", name, "--json"}))) {
            EXPECT_EQ(one.at("endpoints").as_array().size(), 1U) << name;
            const auto& endpoint = one.at("endpoints").at(0);
            EXPECT_EQ(endpoint.at("num_errors").to_number<int>(), 0) << name;
            sum += endpoint.at("num_requests").to_number<std::uint64_t>();
        }
        return sum;
    }

private:
    void push_site() const {
        write("site/function.env", "mode=static\n");
        const auto page = write("site/public/index.html", "<p>hello</p>");
        const auto pushed = mote({"bundle", "push", "site", page.parent_path().parent_path().string()});
        ASSERT_EQ(pushed.exit_code, 0) << pushed.err;
    }

    std::string cli_;
};

TEST_F(function_cli, lists_every_kind_once) {
    const auto table = micro({"ls"});
    for (const auto& each : kinds()) {
        EXPECT_TRUE(has(table, each.name));
        EXPECT_TRUE(comes_to_list(each.name, 1)) << each.name;
    }
}

TEST_F(function_cli, shows_the_subject_of_every_kind_and_what_it_is) {
    for (const auto& each : kinds()) {
        EXPECT_TRUE(comes_to_list(each.name, 1)) << each.name;
        const auto subject = "fn.openfaas-fn." + each.name;
        const auto text = micro({"info", each.name});
        EXPECT_TRUE(has(text, subject));
        const auto info = boost::json::parse(micro({"info", each.name, "--json"})).at("info");
        ASSERT_EQ(info.at("endpoints").as_array().size(), 1U) << each.name;
        const auto& endpoint = info.at("endpoints").at(0);
        EXPECT_EQ(text_at(endpoint, "name"), "call") << each.name;
        EXPECT_EQ(text_at(endpoint, "subject"), subject);
        EXPECT_EQ(text_at(endpoint, "queue_group"), "fn") << each.name;
        if (each.serves_itself) continue;  // it says what it likes
        EXPECT_TRUE(has(text, "function " + each.name + ".openfaas-fn"));
        for (const auto* part : {"function.node", "function.reply"}) EXPECT_TRUE(has(text, part));
        EXPECT_EQ(text_at(info.at("metadata"), "function.name"), each.name + ".openfaas-fn");
    }
}

TEST_F(function_cli, asks_it_and_shows_what_was_counted) {
    EXPECT_EQ(micro({"req", "classic", "call", "by nats", "--raw"}).substr(0, 7), "BY NATS");
    for (const auto& each : kinds()) {
        EXPECT_TRUE(comes_to_list(each.name, 1)) << each.name;
        const auto before = counted(each.name);
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(answers(each)) << each.name;
        EXPECT_TRUE(eventually_holds([&] { return counted(each.name) == before + 3; })) << each.name;
    }
    const auto stats = parse_array(micro({"stats", "classic", "--json"}));
    ASSERT_EQ(stats.size(), 1U);
    EXPECT_EQ(stats[0].at("endpoints").at(0).at("data").at("refused").to_number<int>(), 0);
}

TEST_F(function_cli, follows_every_kind_when_it_is_scaled_and_removed) {
    const auto all = kinds();
    for (const auto& each : all) EXPECT_EQ(mote({"scale", each.name, "2"}).exit_code, 0) << each.name;
    for (const auto& each : all) EXPECT_TRUE(comes_to_list(each.name, each.serves_itself ? 2 : 1)) << each.name;
    for (const auto& each : all) EXPECT_EQ(mote({"scale", each.name, "0"}).exit_code, 0) << each.name;
    for (const auto& each : all) {
        EXPECT_TRUE(comes_to_list(each.name, 1)) << each.name << " has no process, and its node serves it";
        EXPECT_TRUE(has(micro({"info", each.name}), "fn.openfaas-fn." + each.name));
        EXPECT_TRUE(eventually_holds([&] { return answers(each); })) << each.name << ": " << ask(each).body;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(mote({"remove", all[i].name}).exit_code, 0) << all[i].name;
        EXPECT_TRUE(eventually_holds([&] { return try_micro({"stats", all[i].name}).exit_code != 0; })) << all[i].name;
        EXPECT_NE(try_micro({"info", all[i].name}).exit_code, 0) << all[i].name;
        if (i + 1 < all.size()) {
            EXPECT_EQ(listed().count(all[i].name), 0U);
        }
    }
}

}  // namespace
}  // namespace mote::test
