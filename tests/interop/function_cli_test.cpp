// The official `nats` command sees a deployed function as any micro service. MOTE_NATS_CLI names the command.

#include <tests/mote/function_live.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

class function_cli : public function_live {
protected:
    void SetUp() override {
        const char* const named = std::getenv("MOTE_NATS_CLI");
        if (named == nullptr || *named == '\0') return skip_or_fail("MOTE_NATS_CLI does not name the `nats` command");
        cli_ = named;
        function_live::SetUp();
        if (!up) return;
        deploy("shout", "tr a-z A-Z");
        ASSERT_EQ(fetch("POST", url + "/function/shout", "once").body, "ONCE");
    }

    std::string micro(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {cli_, "--no-context", "-s", nats_url, "micro"});
        const auto result = run(std::move(arguments), environment.options({{"NO_COLOR", "1"}}));
        EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
        return result.out;
    }

private:
    std::string cli_;
};

TEST_F(function_cli, lists_it) {
    EXPECT_TRUE(has(micro({"ls"}), "shout"));
    std::size_t found = 0;
    for (const auto& one : parse_array(micro({"ls", "--json"}))) found += text_at(one, "name") == "shout" ? 1 : 0;
    EXPECT_EQ(found, 1U);
}

TEST_F(function_cli, shows_its_subject_and_what_it_is) {
    const auto text = micro({"info", "shout"});
    for (const auto* part : {"function shout.openfaas-fn", "fn.openfaas-fn.shout", "function.node", "function.reply"})
        EXPECT_TRUE(has(text, part));
    const auto info = boost::json::parse(micro({"info", "shout", "--json"})).at("info");
    ASSERT_EQ(info.at("endpoints").as_array().size(), 1U);
    const auto& endpoint = info.at("endpoints").at(0);
    EXPECT_EQ(text_at(endpoint, "name"), "call");
    EXPECT_EQ(text_at(endpoint, "queue_group"), "fn");
    EXPECT_EQ(text_at(info.at("metadata"), "function.name"), "shout.openfaas-fn");
}

TEST_F(function_cli, asks_it_and_shows_what_was_counted) {
    EXPECT_EQ(micro({"req", "shout", "call", "by nats", "--raw"}).substr(0, 7), "BY NATS");
    const auto all = parse_array(micro({"stats", "shout", "--json"}));
    ASSERT_EQ(all.size(), 1U);
    const auto& endpoint = all[0].at("endpoints").at(0);
    EXPECT_EQ(endpoint.at("num_requests").to_number<int>(), 2);
    EXPECT_EQ(endpoint.at("num_errors").to_number<int>(), 0);
    EXPECT_EQ(endpoint.at("data").at("refused").to_number<int>(), 0);
}

}  // namespace
}  // namespace mote::test
