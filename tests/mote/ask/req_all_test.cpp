// `mote req SERVICE ENDPOINT --all`: every instance answers.

#include <tests/mote/ask/shop.hpp>
#include <tests/mote/raw_services.hpp>

#include <algorithm>
#include <sstream>

namespace mote::test {
namespace {

class mote_req_all : public shop_live {
protected:
    void SetUp() override {
        shop_live::SetUp();
        if (server) second.emplace(*server, "two", "1.1.0");
    }
    /// Lines of the output, in an order that does not depend on who answers first.
    static std::vector<std::string> lines(const std::string& text) {
        std::vector<std::string> all;
        std::istringstream in(text);
        for (std::string each; std::getline(in, each);) all.push_back(each);
        std::ranges::sort(all);
        return all;
    }

    std::optional<shop> second;
};

TEST_F(mote_req_all, shows_each_answer_with_the_id_of_its_instance) {
    const auto result = mote({"req", "Shop", "who", "--all"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> expected{first->id() + "\tone", second->id() + "\ttwo"};
    std::ranges::sort(expected);
    EXPECT_EQ(lines(result.out), expected);
    EXPECT_EQ(lines(mote({"req", "Shop", "who", "--all", "--raw"}).out).size(), 1U) << "raw bodies alone: onetwo";
}

TEST_F(mote_req_all, is_a_line_of_json_for_each) {
    const auto result = mote({"req", "Shop", "who", "--all", "--json"});
    EXPECT_EQ(result.exit_code, 0);
    const auto all = lines(result.out);
    ASSERT_EQ(all.size(), 2U);
    std::vector<std::string> seen;
    for (const auto& each : all) {
        const auto answer = boost::json::parse(each);
        seen.push_back(text_at(answer, "instance") + " " + text_at(answer, "version") + " " + text_at(answer, "data"));
    }
    std::ranges::sort(seen);
    std::vector<std::string> expected{first->id() + " 1.0.0 one", second->id() + " 1.1.0 two"};
    std::ranges::sort(expected);
    EXPECT_EQ(seen, expected);
}

TEST_F(mote_req_all, shows_the_id_before_each_line_also_on_a_terminal) {
    const auto shown = mote_on_terminal({"req", "Shop", "who", "--all"}, {{"NO_COLOR", "1"}});
    EXPECT_TRUE(has(shown, first->id() + "  one\n"));
    EXPECT_TRUE(has(shown, second->id() + "  two\n"));
    EXPECT_TRUE(has_not(shown, "\x1b"));
}

TEST_F(mote_req_all, tells_whose_answer_is_an_error_and_exits_7) {
    const auto result = mote({"req", "Shop", "price", "milk", "--all"});
    EXPECT_EQ(result.exit_code, 7);
    for (const auto& id : {first->id(), second->id()})
        EXPECT_TRUE(has(result.err, "mote: Shop price of " + id + ": the service answered 404: there is no milk\n"));
    const auto json = lines(mote({"req", "Shop", "price", "milk", "--all", "--json"}).out);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(boost::json::parse(json[0]).at("error").at("code"), 404);
}

TEST_F(mote_req_all, tells_who_did_not_answer_in_time_and_exits_6) {
    second->log().slow = true;
    const auto result = mote({"req", "Shop", "price", "tea", "--all", "--stall", "100ms"});
    EXPECT_EQ(result.exit_code, 6) << result.err;
    EXPECT_EQ(result.out, first->id() + "\t3\n");
    EXPECT_TRUE(is_one_line(result.err, {"Shop price of " + second->id(), "no answer in time"}));
}

TEST_F(mote_req_all, waits_for_the_slow_ones_without_a_stall_time) {
    second->log().slow = true;
    const auto result = mote({"req", "Shop", "price", "tea", "--all", "--timeout", "30s"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(lines(result.out).size(), 2U);
}

TEST_F(mote_req_all, is_not_for_subjects_and_streams) {
    const auto subject = mote({"req", "shop.who", "--all"});
    EXPECT_EQ(subject.exit_code, 2);
    EXPECT_TRUE(is_one_line(subject.err, {"shop.who is a subject", "--replies 0"}));
    const auto stream = mote({"req", "Shop", "count", "3", "--all"});
    EXPECT_EQ(stream.exit_code, 2);
    EXPECT_TRUE(is_one_line(stream.err, {"Shop count answers with a stream", "--all"}));
    for (const std::vector<std::string>& also :
         {std::vector<std::string>{"--repeat", "2"}, {"--replies", "2"}, {"--stream"}}) {
        std::vector<std::string> words{"req", "Shop", "who", "--all"};
        words.insert(words.end(), also.begin(), also.end());
        EXPECT_EQ(mote(words).exit_code, 2) << also.front();
    }
}

TEST_F(mote_req_all, tells_which_instances_of_others_cannot_be_asked_one_by_one) {
    const raw_services others(server->port(), answers_of({usual_instance("Orders", "o1")}));
    const auto result = mote({"req", "Orders", "echo", "--all"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"Orders echo of o1: it tells no subject of its own"}));
}

}  // namespace
}  // namespace mote::test
