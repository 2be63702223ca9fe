// Stack files: what is read, and what is refused with its place.

#include <apps/mote/exit_code.hpp>
#include <apps/mote/stack_choice.hpp>

#include <tests/support/temp_dir.hpp>

#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace mote::test {
namespace {

using command::stack;

class stack_file : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(directory.path() / name, std::ios::binary) << text;
    }
    stack read(const std::string& text) const {
        write("stack.yml", text);
        return command::read_stack(directory.path() / "stack.yml", [this](const std::string& name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        });
    }
    /// What it is refused with, without the path of the directory.
    std::string refusal(const std::string& text) const {
        try {
            (void)read(text);
        } catch (const command::failure& refused) {
            EXPECT_EQ(refused.code(), command::exit_code::usage);
            std::string line = refused.what();
            const std::string path = directory.path().string() + "/";
            for (auto at = line.find(path); at != std::string::npos; at = line.find(path)) line.erase(at, path.size());
            return line;
        }
        return "nothing: it was read";
    }

    temp_dir directory;
    std::map<std::string, std::string> variables;
};

/// A function with nothing but these lines, each indented.
std::string one(const std::string& lines) { return "functions:\n  f:\n    image: i\n" + lines; }

TEST_F(stack_file, is_read_with_all_its_fields) {
    const auto all = read(R"(version: 1.0
provider:
  name: openfaas
  gateway: https://gateway.example:8443
configuration:
  templates:
    - name: any
      source: anywhere
functions:
  first:
    lang: go
    handler: ./first
    image: example/first:1
    fprocess: ./run --fast
    namespace: other
    environment:
      number: 1
      yes: true
      empty:
      quoted: "a: b"
    secrets: [one, two]
    constraints:
      - "zone=left"
    readonly_root_filesystem: true
    labels: {a: b}
    annotations:
      topic: "x,y"
    limits: {memory: 40Mi, cpu: 100m}
    requests:
      memory: 20Mi
    build_args: {A: 1}
    build_options: [dev]
    build_secrets: {a: b}
    platforms: linux/amd64
  second:
    image: functions/alpine
    skip_build: true
    handler: ./second
)");
    EXPECT_EQ(all.gateway, "https://gateway.example:8443");
    ASSERT_EQ(all.functions.size(), 2U);
    const auto& first = all.functions[0];
    EXPECT_EQ(first.wanted.service, "first");
    EXPECT_EQ(first.handler, directory.path() / "first");
    EXPECT_EQ(first.wanted.image, "example/first:1");
    EXPECT_EQ(first.wanted.process, "./run --fast");
    EXPECT_EQ(first.wanted.space, "other");
    const functions::text_map variables_of_first{{"number", "1"}, {"yes", "true"}, {"empty", ""}, {"quoted", "a: b"}};
    EXPECT_EQ(first.wanted.variables, variables_of_first);
    EXPECT_EQ(first.wanted.secrets, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(first.wanted.constraints, std::vector<std::string>{"zone=left"});
    EXPECT_EQ(first.wanted.labels, (functions::text_map{{"a", "b"}}));
    EXPECT_EQ(first.wanted.annotations, (functions::text_map{{"topic", "x,y"}}));
    ASSERT_TRUE(first.wanted.limits && first.wanted.requests);
    EXPECT_EQ(first.wanted.limits->memory, "40Mi");
    EXPECT_EQ(first.wanted.limits->cpu, "100m");
    EXPECT_EQ(first.wanted.requests->memory, "20Mi");
    EXPECT_FALSE(first.wanted.requests->cpu);
    EXPECT_EQ(first.wanted.read_only, true);
    const auto& second = all.functions[1];
    EXPECT_EQ(second.handler, "") << "skip_build";
    EXPECT_FALSE(second.wanted.variables || second.wanted.labels || second.wanted.read_only || second.wanted.space)
        << "what is not said stays unsaid";
}

TEST_F(stack_file, takes_variables_from_files_over_those_that_are_inline) {
    write("a.yml", "environment:\n  a: from a\n  b: from a\n");
    write("b.yml", "environment:\n  b: from b\n  c: ${C:-from b}\n");
    const auto all = read(one("    environment: {a: inline, d: inline}\n    environment_file: [a.yml, b.yml]\n"));
    const functions::text_map expected{{"a", "from a"}, {"b", "from b"}, {"c", "from b"}, {"d", "inline"}};
    EXPECT_EQ(all.functions.at(0).wanted.variables, expected);
    EXPECT_EQ(refusal(one("    environment_file: [c.yml]\n")).find("c.yml: cannot be read: No such file"), 0U);
    write("a.yml", "environment: {a: 1}\nmore: 2\n");
    EXPECT_EQ(refusal(one("    environment_file: [a.yml]\n")),
              "a.yml:2: more: a field that is not known; known are environment");
}

TEST_F(stack_file, says_which_file_of_variables_is_missing_and_who_names_it) {
    EXPECT_EQ(refusal(one("    environment_file: [c.yml]\n")),
              "c.yml: cannot be read: No such file or directory; functions.f.environment_file of stack.yml names it");
}

TEST_F(stack_file, says_which_files_it_is_read_from) {
    write("a.yml", "environment: {a: 1}\n");
    const auto all = read(one("    environment_file: [a.yml]\n"));
    const std::vector<std::filesystem::path> files{directory.path() / "stack.yml", directory.path() / "a.yml"};
    EXPECT_EQ(all.files, files);
}

TEST_F(stack_file, takes_limits_as_the_gateway_does) {
    EXPECT_FALSE(read(one("    limits:\n    requests:\n")).functions.at(0).wanted.limits) << "with nothing in it";
    const auto limits = read(one("    limits: {nvidia.com/gpu: 1, amd.com/gpu: 2, intel.com/gpu: 3}\n"));
    ASSERT_TRUE(limits.functions.at(0).wanted.limits);
    EXPECT_EQ(limits.functions.at(0).wanted.limits->nvidia_gpu, "1");
    EXPECT_EQ(limits.functions.at(0).wanted.limits->amd_gpu, "2");
    EXPECT_EQ(limits.functions.at(0).wanted.limits->intel_gpu, "3");
    EXPECT_FALSE(limits.functions.at(0).wanted.limits->memory);
}

TEST_F(stack_file, merges_what_another_place_says) {
    const auto all = read(R"(functions:
  first: &first
    image: i
    fprocess: cat
    labels: &labels {a: first, b: first}
  second:
    <<: *first
    fprocess: tac
    labels: {<<: *labels, b: second}
  third:
    <<: [{fprocess: wc}, *first]
)");
    ASSERT_EQ(all.functions.size(), 3U);
    EXPECT_EQ(all.functions[1].wanted.image, "i");
    EXPECT_EQ(all.functions[1].wanted.process, "tac") << "what is said there goes over it";
    EXPECT_EQ(all.functions[1].wanted.labels, (functions::text_map{{"a", "first"}, {"b", "second"}}));
    EXPECT_EQ(all.functions[2].wanted.process, "wc") << "what is said sooner, too";
    EXPECT_EQ(all.functions[2].wanted.image, "i");
    EXPECT_EQ(refusal("functions:\n  f:\n    <<: text\n"), "stack.yml:3: functions.f: expected names with values");
    EXPECT_NE(refusal("functions:\n  f: &f\n    image: i\n    <<: *f\n").find("<< in << without end"),
              std::string::npos);
}

TEST_F(stack_file, replaces_variables) {
    variables = {{"SET", "value"}, {"EMPTY", ""}, {"_x9", "odd"}};
    const auto said = [&](const std::string& text) {
        return *read(one("    fprocess: " + text + "\n")).functions.at(0).wanted.process;
    };
    EXPECT_EQ(said("a ${SET} b${SET}"), "a value bvalue");
    EXPECT_EQ(said("${SET:-other}"), "value");
    EXPECT_EQ(said("${UNSET:-other:one}"), "other:one");
    EXPECT_EQ(said("\"${UNSET:-}\""), "");
    EXPECT_EQ(said("\"${EMPTY}\""), "");
    EXPECT_EQ(said("${EMPTY:-other}"), "other");
    EXPECT_EQ(said("${_x9}"), "odd");
    EXPECT_EQ(said("$SET $ ${SET}$"), "$SET $ value$");
    EXPECT_EQ(said("$${SET}"), "${SET}");
    EXPECT_EQ(said("cat # ${UNSET:-x}"), "cat") << "a comment behind something";
    EXPECT_EQ(read("# ${UNSET}\n" + one("    # ${UNSET\n")).functions.size(), 1U);
}

TEST_F(stack_file, says_where_a_variable_is_wrong) {
    variables = {{"LINES", "a\nb"}};
    EXPECT_EQ(refusal(one("    fprocess: ${UNSET}\n")),
              "stack.yml:4: ${UNSET} is not set; set it, or write ${UNSET:-default}");
    EXPECT_EQ(refusal(one("    fprocess: ${UNSET\n")), "stack.yml:4: ${UNSET: has no }");
    for (const std::string wrong : {"${}", "${UNSET-x}", "${UNSET:x}", "${UN SET}", "${UNSET:?why}"})
        EXPECT_EQ(refusal(one("    fprocess: " + wrong + "\n")),
                  "stack.yml:4: " + wrong + ": neither ${NAME} nor ${NAME:-default}; write $${ for a plain ${");
    EXPECT_EQ(refusal(one("    fprocess: ${LINES}\n")),
              "stack.yml:4: ${LINES}: its value has line breaks, which would change the file");
}

TEST_F(stack_file, says_where_it_is_no_yaml) {
    EXPECT_EQ(refusal("functions:\n  a: [\n").find("stack.yml:3: no YAML: "), 0U) << refusal("functions:\n  a: [\n");
    EXPECT_EQ(refusal("functions: {}\n\tx: y\n").find("stack.yml:2: no YAML: "), 0U);
    EXPECT_EQ(refusal("functions: {}\n---\nfunctions: {}\n"), "stack.yml:3: a second document; a file has one");
}

TEST_F(stack_file, refuses_fields_that_are_not_known) {
    EXPECT_EQ(refusal("function: {}\n"), "stack.yml:1: function: a field that is not known; did you mean functions?");
    EXPECT_EQ(refusal(one("    enviroment: {a: b}\n")),
              "stack.yml:4: functions.f.enviroment: a field that is not known; did you mean environment?");
    EXPECT_EQ(refusal(one("    limits: {disk: 1}\n")),
              "stack.yml:4: functions.f.limits.disk: a field that is not known; known are amd.com/gpu, cpu, "
              "intel.com/gpu, memory, nvidia.com/gpu");
    EXPECT_EQ(refusal("provider: {name: other}\nfunctions: {}\n"),
              "stack.yml:1: provider.name: expected openfaas: other");
}

TEST_F(stack_file, refuses_values_of_the_wrong_kind) {
    EXPECT_EQ(refusal(""), "stack.yml: the file: expected names with values");
    EXPECT_EQ(refusal("- a\n"), "stack.yml:1: the file: expected names with values");
    EXPECT_EQ(refusal("version: 1.0\n"), "stack.yml: functions: is missing");
    EXPECT_EQ(refusal("functions:\n  f: text\n"), "stack.yml:2: functions.f: expected names with values");
    EXPECT_EQ(refusal("functions:\n  f: {fprocess: cat}\n"), "stack.yml:2: functions.f.image: is missing");
    EXPECT_EQ(refusal(one("    fprocess: [a, b]\n")), "stack.yml:4: functions.f.fprocess: expected a text");
    EXPECT_EQ(refusal(one("    secrets: a\n")),
              "stack.yml:4: functions.f.secrets: expected a list, a `- ` before each");
    EXPECT_EQ(refusal(one("    labels: [a]\n")), "stack.yml:4: functions.f.labels: expected names with values");
    EXPECT_EQ(refusal(one("    environment: {a: {b: c}}\n")),
              "stack.yml:4: functions.f.environment.a: expected a text");
    EXPECT_EQ(refusal(one("    readonly_root_filesystem: perhaps\n")),
              "stack.yml:4: functions.f.readonly_root_filesystem: expected true or false");
    EXPECT_EQ(refusal(one("    image: j\n")), "stack.yml:4: functions.f: image is there twice");
    EXPECT_EQ(refusal(one("") + "  f: {image: j}\n"), "stack.yml:4: functions: f is there twice");
}

command::stack_choice names(std::vector<std::string> names) { return {std::move(names), "", ""}; }
command::stack_choice filter(std::string pattern) { return {{}, std::move(pattern), ""}; }
command::stack_choice regex(std::string expression) { return {{}, "", std::move(expression)}; }

std::vector<std::string> chosen(const command::stack& all, const command::stack_choice& choice) {
    std::vector<std::string> names;
    for (const auto& each : command::chosen_of(all, choice)) names.push_back(each.wanted.service);
    return names;
}

void expect_none(const command::stack& all, const command::stack_choice& choice, const char* why) {
    try {
        (void)command::chosen_of(all, choice);
        ADD_FAILURE() << why;
    } catch (const command::failure& refused) {
        EXPECT_EQ(refused.code(), command::exit_code::not_found);
        EXPECT_STREQ(refused.what(), why);
    }
}

TEST_F(stack_file, gives_the_functions_that_are_meant) {
    using list = std::vector<std::string>;
    const auto all = read("functions:\n  web-a: {image: i}\n  web-b: {image: i}\n  job: {image: i}\n");
    EXPECT_EQ(chosen(all, {}), (list{"web-a", "web-b", "job"}));
    EXPECT_EQ(chosen(all, names({"job", "web-b"})), (list{"job", "web-b"}));
    EXPECT_EQ(chosen(all, filter("web-*")), (list{"web-a", "web-b"}));
    EXPECT_EQ(chosen(all, filter("*-[b-z]")), (list{"web-b"}));
    EXPECT_EQ(chosen(all, regex("b$|^web-b")), (list{"web-b", "job"}));
    EXPECT_EQ(chosen(all, regex("a")), (list{"web-a"}));
    expect_none(all, names({"job", "c"}), "c: not in the stack file; it has web-a, web-b, job");
    expect_none(all, filter("web"), "web: matches no function of the stack file; it has web-a, web-b, job");
    expect_none(all, regex("^b"), "^b: matches no function of the stack file; it has web-a, web-b, job");
}

TEST_F(stack_file, knows_what_is_no_regular_expression) {
    for (const char* text : {"", "a", "^web-.*$", "a|b", "[a-c]"}) EXPECT_TRUE(command::is_regex(text)) << text;
    for (const char* text : {"(", "[a", "*", "a{2"}) EXPECT_FALSE(command::is_regex(text)) << text;
}

}  // namespace
}  // namespace mote::test
