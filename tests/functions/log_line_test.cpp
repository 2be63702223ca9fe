#include <mote/functions/error.hpp>
#include <mote/functions/log_line.hpp>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <string>

namespace mote::functions {
namespace {

log_line some_line() {
    log_line line;
    line.function = function_name::parse("figlet.staging");
    line.instance = "node-1.3";
    line.time = std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'700'000'000'123'456'789));
    line.text = "Hello, \xc3\xa4 \"world\"\t\x01";
    return line;
}

TEST(log_line, is_the_document_of_openfaas) {
    EXPECT_EQ(some_line().json(), R"({"name":"figlet","namespace":"staging","instance":"node-1.3",)"
                                  R"("timestamp":"2023-11-14T22:13:20.123456789Z","text":"Hello, )"
                                  "\xc3\xa4"
                                  R"( \"world\"\t\u0001"})");
}

TEST(log_line, comes_back_as_it_was) {
    EXPECT_EQ(log_line::parse(some_line().json()), some_line());
    auto empty = some_line();
    empty.text.clear();
    empty.instance.clear();
    EXPECT_EQ(log_line::parse(empty.json()), empty);
    auto with_nul = some_line();
    with_nul.text = std::string("a\0b\n", 4);
    EXPECT_EQ(log_line::parse(with_nul.json()), with_nul);
}

TEST(log_line, is_read_with_members_that_are_not_known_and_with_any_offset) {
    const auto line = log_line::parse(
        R"( {"text":"t","more":[{}],"name":"a","timestamp":"2023-11-14T23:13:20+01:00","instance":"","namespace":"b"} )");
    EXPECT_EQ(line.function, function_name::parse("a.b"));
    EXPECT_EQ(line.time, std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)));
}

TEST(log_line, is_nothing_else) {
    const std::string right = some_line().json();
    const auto with = [&](const std::string& part, const std::string& other) {
        auto changed = right;
        return changed.replace(changed.find(part), part.size(), other);
    };
    for (const auto& wrong :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"), right + right, right.substr(1),
          right.substr(0, right.size() - 1), with("\"text\"", "\"txt\""), with("\"name\"", "\"title\""),
          with("\"staging\"", "null"), with("\"figlet\"", "7"), with("figlet", "a.b"), with("figlet", ""),
          with("staging", "*"), with("2023-11-14T22:13:20.123456789Z", "yesterday"),
          with("2023-11-14T22:13:20.123456789Z", "9999-11-14T22:13:20Z"), with("\xc3\xa4", "\xc3"),
          with("\"node-1.3\"", "[[[[[[[[[[[[]]]]]]]]]]]]"), with("Hello", std::string(log_line::max_json, 'x'))}) {
        try {
            log_line::parse(wrong);
            ADD_FAILURE() << wrong.substr(0, 200) << " was taken";
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_log) << refused.what();
        }
    }
}

TEST(log_line, that_is_not_utf8_cannot_be_written) {
    auto line = some_line();
    line.text = "\xff";
    try {
        line.json();
        ADD_FAILURE() << "it was";
    } catch (const boost::system::system_error& refused) {
        EXPECT_EQ(refused.code(), errc::bad_log);
    }
}

}  // namespace
}  // namespace mote::functions
