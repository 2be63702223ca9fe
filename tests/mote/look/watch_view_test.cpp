// `mote watch` without a terminal: keys in, lines out.

#include <apps/mote/look/watch_view.hpp>

#include <apps/mote/text.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::test {
namespace {

using command::key_kind;
using command::key_press;
using command::traffic;
using command::watch_view;

using counts = std::map<std::string, std::uint64_t>;  // requests of services, or of instances

/// Services of one instance `<name>1` each, with the endpoints `echo` and `other`, of which only the first is asked.
std::vector<micro::service_stats> answers(const counts& requests) {
    std::vector<micro::service_stats> all;
    for (const auto& [name, count] : requests) {
        micro::service_stats one;
        one.name = name;
        one.id = name + "1";
        one.endpoints.resize(2);
        one.endpoints[0].name = "echo";
        one.endpoints[0].requests = count;
        one.endpoints[1].name = "other";
        all.push_back(one);
    }
    return all;
}

/// A view and what it looks at.
class looking {
public:
    explicit looking(std::string only = {}) : view(std::move(only)) {}

    /// A second goes by, in which these were asked so often.
    void round(const counts& more) {
        for (const auto& [name, count] : more) requests_[name] += count;
        counts there;
        for (const auto& [name, count] : more) there[name] = requests_[name];
        seen.take(answers(there), traffic::time_point() + std::chrono::seconds(++seconds_));
        if (lines_.empty()) frame();
        frame();
    }
    const std::vector<std::string>& frame(std::size_t columns = 80, std::size_t lines = 24) {
        command::terminal reader;
        reader.utf8 = true;
        reader.width = columns;
        command::watch_status status = told;
        status.server = "127.0.0.1:4222";
        status.interval = std::chrono::seconds(1);
        lines_ = view.frame(seen, status, reader, lines);
        for (const auto& line : lines_) EXPECT_LE(command::display_width(line), columns) << line;
        EXPECT_LE(lines_.size(), lines);
        return lines_;
    }
    void press(key_kind kind) {
        view.press(key_press{kind, {}});
        frame();
    }
    void type(const std::string& text) {
        for (const char c : text) view.press(key_press{key_kind::text, std::string(1, c)});
        frame();
    }
    /// The names in the table, the selected one with `>` before it.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (std::size_t at = 3; at + 1 < lines_.size(); ++at) {
            const std::string& line = lines_[at];
            if (line.size() < 3) continue;
            const auto name = line.substr(2, line.find(' ', 2) - 2);
            found.push_back((line[0] == '>' ? ">" : "") + name);
        }
        return found;
    }
    std::string text() const {
        std::string all;
        for (const auto& line : lines_) all += line + "\n";
        return all;
    }

    watch_view view;
    traffic seen;
    command::watch_status told;

private:
    counts requests_;
    int seconds_ = 0;
    std::vector<std::string> lines_;
};

using list = std::vector<std::string>;

TEST(watching, shows_the_services_with_the_busiest_first) {
    looking at;
    at.round({{"Billing", 1}, {"Orders", 5}, {"Stock", 3}});
    at.round({{"Billing", 1}, {"Orders", 5}, {"Stock", 3}});
    EXPECT_EQ(at.names(), (list{"Orders", "Stock", ">Billing"})) << "the first row was chosen before there were rates";
    EXPECT_EQ(at.frame().at(0), "mote watch  127.0.0.1:4222  3 instances  every 1s");
    EXPECT_NE(at.frame().at(2).find("REQ/S▼"), std::string::npos);
    EXPECT_EQ(at.frame().size(), 24U);
    EXPECT_NE(at.frame().back().find("q quit"), std::string::npos);
}

TEST(watching, sorts_by_the_key_that_is_pressed) {
    looking at;
    at.round({{"b", 1}, {"a", 5}, {"c", 9}});
    at.round({{"b", 1}, {"a", 5}, {"c", 9}});
    at.type("n");
    EXPECT_EQ(at.names(), (list{">a", "b", "c"}));
    at.type("i");
    EXPECT_EQ(at.names(), (list{"c", "b", ">a"}));
    at.type("r");
    EXPECT_EQ(at.names(), (list{"c", ">a", "b"}));
    at.type("s");
    EXPECT_NE(at.text().find("by errors"), std::string::npos) << "the next one";
    at.type("9");
    EXPECT_NE(at.text().find("by p99"), std::string::npos);
}

TEST(watching, keeps_the_chosen_row_when_others_come_and_go) {
    looking at;
    at.type("n");
    at.round({{"b", 0}, {"d", 0}, {"f", 0}});
    at.press(key_kind::down);
    EXPECT_EQ(at.names(), (list{"b", ">d", "f"}));
    at.round({{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {"f", 0}});
    EXPECT_EQ(at.names(), (list{"a", "b", "c", ">d", "f"}));
    for (int i = 0; i < 3; ++i) at.round({{"d", 0}, {"f", 0}});
    EXPECT_EQ(at.names(), (list{">d", "f"}));
    for (int i = 0; i < 3; ++i) at.round({{"e", 0}, {"f", 0}});
    EXPECT_EQ(at.names(), (list{">e", "f"})) << "it has gone: what stands in its place is chosen";
    for (int i = 0; i < 3; ++i) at.round({});
    EXPECT_EQ(at.names(), list{"nothing"});
}

TEST(watching, shows_only_what_the_filter_says) {
    looking at;
    at.type("n");
    at.round({{"Billing", 0}, {"Orders", 0}, {"OrderLog", 0}});
    at.type("/ORD");
    EXPECT_EQ(at.names(), (list{">OrderLog", "Orders"})) << "the row that was chosen is not there any more";
    EXPECT_NE(at.frame().at(1).find("/ORD_"), std::string::npos);
    at.type("q");
    EXPECT_FALSE(at.view.ended()) << "it is text now";
    at.press(key_kind::backspace);
    at.press(key_kind::enter);
    EXPECT_EQ(at.names(), (list{">OrderLog", "Orders"}));
    at.press(key_kind::escape);
    EXPECT_EQ(at.names(), (list{"Billing", ">OrderLog", "Orders"}));
    at.type("/zzz");
    EXPECT_NE(at.text().find("nothing of that name"), std::string::npos);
    at.press(key_kind::escape);
    EXPECT_EQ(at.names().size(), 3U);
}

TEST(watching, goes_into_a_service_an_endpoint_and_back) {
    looking at;
    at.type("n");
    at.round({{"Billing", 0}, {"Orders", 0}});
    at.press(key_kind::down);
    at.press(key_kind::enter);
    EXPECT_EQ(at.names(), (list{">echo", "other"}));
    EXPECT_EQ(at.frame().at(1).substr(0, 19), "services › Orders");
    EXPECT_EQ(at.frame().at(2).substr(2, 8), "ENDPOINT");
    at.press(key_kind::right);
    EXPECT_EQ(at.names(), list{">Orders1"});
    EXPECT_EQ(at.frame().at(2).substr(2, 8), "INSTANCE");
    at.press(key_kind::enter);
    EXPECT_EQ(at.names(), list{">Orders1"}) << "there is nothing further in";
    at.press(key_kind::left);
    at.press(key_kind::escape);
    EXPECT_EQ(at.names(), (list{"Billing", ">Orders"})) << "it knows where it was";
    at.press(key_kind::escape);
    EXPECT_FALSE(at.view.ended());
}

TEST(watching, one_service_begins_with_its_endpoints) {
    looking at("Orders");
    at.type("n");
    at.round({{"Orders", 0}});
    EXPECT_EQ(at.names(), (list{">echo", "other"}));
    at.press(key_kind::enter);
    EXPECT_EQ(at.names(), list{">Orders1"});
}

TEST(watching, scrolls_to_what_is_chosen) {
    looking at;
    at.type("n");
    counts many;
    for (int i = 0; i < 100; ++i) many["s" + std::to_string(100 + i)] = 0;
    at.round(many);
    EXPECT_EQ(at.names().size(), 20U);
    at.press(key_kind::end);
    EXPECT_EQ(at.names().back(), ">s199");
    EXPECT_EQ(at.names().front(), "s180");
    at.press(key_kind::up);
    EXPECT_EQ(at.names().front(), "s180") << "it does not move before it has to";
    at.press(key_kind::page_up);
    EXPECT_EQ(at.names().front(), ">s178");
    at.frame(80, 8);
    EXPECT_EQ(at.names(), (list{">s178", "s179", "s180", "s181"}));
    at.press(key_kind::home);
    EXPECT_EQ(at.names().front(), ">s100");
    EXPECT_NE(at.frame().at(1).find("1 of 100"), std::string::npos);
}

TEST(watching, says_that_a_terminal_is_too_small_and_goes_on_in_a_larger_one) {
    looking at;
    at.round({{"Orders", 1}});
    EXPECT_EQ(at.frame(30, 10), (list{"too small: 30x10, needs 40x8", "q quit"}));
    EXPECT_EQ(at.frame(80, 3).at(0), "too small: 80x3, needs 40x8");
    EXPECT_EQ(at.frame(80, 1).size(), 1U);
    EXPECT_EQ(at.frame(1, 1).size(), 1U);
    EXPECT_EQ(at.frame(80, 0).size(), 0U);
    at.frame(40, 8);
    EXPECT_EQ(at.names(), list{">Orders"});
    at.view.press(key_press{key_kind::text, "q"});
    EXPECT_TRUE(at.view.ended());
}

TEST(watching, says_when_the_server_is_away_or_a_round_failed) {
    looking at;
    at.round({{"Orders", 1}});
    at.told.trouble = "timeout\x1b[2J";
    EXPECT_EQ(at.frame().at(0), "mote watch  127.0.0.1:4222  timeout\\x1b[2J");
    at.told.away = true;
    EXPECT_EQ(at.frame().at(0), "mote watch  127.0.0.1:4222  away: connecting again");
    EXPECT_EQ(at.names(), list{">Orders"}) << "what is known stays";
}

TEST(watching, explains_its_keys) {
    looking at;
    at.round({{"Orders", 1}});
    at.type("?");
    EXPECT_NE(at.text().find("by what is in flight"), std::string::npos);
    at.frame(40, 8);
    at.type("q");
    EXPECT_FALSE(at.view.ended()) << "any key only leaves the help";
    EXPECT_EQ(at.names(), list{">Orders"});
}

TEST(watching, stands_still_when_it_is_told_to) {
    looking at;
    at.round({{"Orders", 1}});
    at.type(" ");
    EXPECT_TRUE(at.view.stopped());
    EXPECT_NE(at.frame().at(0).find("stands still"), std::string::npos);
    at.type(" ");
    EXPECT_FALSE(at.view.stopped());
}

TEST(watching, colours_only_where_there_are_colours) {
    looking at;
    at.round({{"Orders", 1}});
    EXPECT_EQ(at.text().find('\x1b'), std::string::npos);
    command::terminal coloured;
    coloured.colour = true;
    const auto lines = at.view.frame(at.seen, {}, coloured, 24);
    EXPECT_TRUE(lines.at(3).starts_with("\x1b[7m> Orders")) << lines.at(3);
}

}  // namespace
}  // namespace mote::test
