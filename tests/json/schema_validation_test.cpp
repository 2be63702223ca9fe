#include <mote/json/schema.hpp>

#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <array>
#include <boost/describe/class.hpp>
#include <fstream>
#include <set>
#include <tuple>
#include <variant>

namespace test_support = mote::test;

namespace mote::json {
namespace {

/// What another implementation of JSON Schema has to say of a type's schema.
struct schema_case {
    std::string name;
    raw schema;
    std::vector<raw> accepts, rejects;
};
BOOST_DESCRIBE_STRUCT(schema_case, (), (name, schema, accepts, rejects))

class schema_cases {
public:
    /// The schema has to take `good`, as `decode` does, and what it was encoded as again; and to refuse `bad`, as
    /// `decode` does.
    template <class T>
    void add(const char* name, std::vector<std::string> good, std::vector<std::string> bad) {
        schema_case made{name, raw{schema<T>()}, {}, {}};
        for (const std::string& text : good) {
            try {
                made.accepts.push_back(raw{encode(decode<T>(text))});
            } catch (const decode_error& error) {
                ADD_FAILURE() << name << ": " << text << ": " << error.what();
            }
            made.accepts.push_back(raw{text});
        }
        for (const std::string& text : bad) {
            EXPECT_NE(test::refused<T>(text), "accepted") << name << ": " << text;
            made.rejects.push_back(raw{text});
        }
        all_.push_back(std::move(made));
    }

    std::string text() const { return encode(all_); }

private:
    std::vector<schema_case> all_;
};

schema_cases cases() {
    schema_cases all;
    all.add<bool>("bool", {"true"}, {"null", "1", "\"true\""});
    all.add<std::uint8_t>("uint8", {"0", "255", "3.0"}, {"-1", "256", "3.5", "\"1\"", "null", "true"});
    all.add<std::int32_t>("int32", {"-2147483648", "2147483647"}, {"-2147483649", "2147483648"});
    all.add<std::uint64_t>("uint64", {"18446744073709551615"}, {"-1", "0.5"});
    all.add<double>("double", {"1", "0.5", "1e300"}, {"\"1\"", "null", "[]"});
    all.add<std::string>("string", {R"("")", R"("ä\n")"}, {"1", "null", "[]"});
    all.add<board::kind>("enumeration", {R"("job")"}, {R"("jobs")", "5", "null"});
    all.add<std::chrono::sys_seconds>("time", {R"("2024-05-06T07:08:09Z")"}, {"1714979289", "null"});
    all.add<std::chrono::milliseconds>("duration", {"0", "-5000000"}, {"1", "0.5", R"("1s")"});
    all.add<std::optional<int>>("optional", {"null", "1"}, {"\"\"", "0.5", "2147483648"});
    all.add<std::optional<board::kind>>("optional enumeration", {"null", R"("job")"}, {R"("x")", "5"});
    all.add<std::vector<std::optional<bool>>>("sequence", {"[]", "[null,true]"}, {"[1]", "{}", "null"});
    all.add<std::set<int>>("set", {"[1,2]", "[1,1]"}, {"[null]"});
    all.add<std::array<bool, 2>>("array", {"[true,false]"}, {"[true]", "[true,true,true]", "[1,2]", "[]"});
    all.add<std::tuple<bool, std::string>>("tuple", {R"([true,""])"}, {R"(["",true])", "[true]", R"([true,"",1])"});
    all.add<std::tuple<>>("empty tuple", {"[]"}, {"[1]", "{}"});
    all.add<std::map<std::string, bool>>("map", {"{}", R"({"":true})"}, {R"({"a":1})", "[]"});
    all.add<std::map<int, bool>>("map of integers", {R"({"0":true,"-7":true})"},
                                 {R"({"x":true})", R"({"07":true})", R"({"-0":true})"});
    all.add<std::map<board::kind, bool>>("map of enumerators", {R"({"job":true})"}, {R"({"x":true})"});
    all.add<std::variant<std::monostate, int, board::author>>("variant", {"null", "1", R"({"name":""})"},
                                                              {"true", "0.5", "{}", R"({"name":1})"});
    all.add<board::author>("structure", {R"({"name":""})", R"({"name":"","karma":null,"x":[]})"},
                           {"{}", "[]", R"({"name":null})", R"({"name":"","karma":0.5})"});
    all.add<board::with_defaults>("defaults", {R"({"loud":true})"}, {"{}", R"({"loud":true,"times":null})"});
    all.add<board::settings>("all optional", {"{}", R"({"owner":{"name":""}})"}, {R"({"owner":{}})", "[]"});
    all.add<board::renamed>("renamed", {R"({"max-size":1,"class":""})"}, {R"({"max_size":1,"class":""})"});
    all.add<board::derived>("derived", {R"({"id":1,"size":2})"}, {R"({"size":2})"});
    all.add<board::comment>(
        "recursive",
        {R"({"text":"","replies":[{"text":"","replies":[],"quoted":null}],"quoted":{"text":"","replies":[]}})"},
        {R"({"text":"","replies":[{"text":1,"replies":[]}]})", R"({"text":"","replies":[],"quoted":{}})"});
    all.add<board::page>(
        "nested",
        {R"({"posts":[{"id":1,"title":"","score":1,"type":"job","by":{"name":""},"tags":[]}],"scores":{"a":0.5}})"},
        {R"({"posts":[{"id":1,"title":"","score":1,"type":"job","by":{},"tags":[]}],"scores":{}})", R"({"posts":[]})"});
    all.add<board::percent>("represented", {"5"}, {"0.5", "\"5\""});
    all.add<raw>("raw", {"null", "[{}]", "\"x\""}, {});
    return all;
}

TEST(json_schema, is_what_another_implementation_takes_it_for) {
    const test_support::temp_dir folder;
    const auto file = folder.path() / "cases.json";
    std::ofstream(file) << cases().text();
    test_support::run_result result;
    for (const char* python : {"python3", "/usr/bin/python3"}) {  // the first may be without the packages of the system
        if (!test_support::find_program(python)) continue;
        result = test_support::run({python, MOTE_TEST_VALIDATE_SCHEMAS, file.string()});
        if (result.exit_code != 77) break;
    }
    if (result.exit_code == 77 || result.out.empty())
        return test_support::skip_or_fail("needs python3 with the package jsonschema");
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace mote::json
