#include <apps/mote/create/project_name.hpp>
#include <tests/mote/command.hpp>

namespace mote::command {
namespace {

std::string refusal(std::string_view name, project_kind kind = project_kind::service) {
    try {
        check_project_name(name, kind);
    } catch (const failure& refused) {
        EXPECT_EQ(refused.code(), exit_code::usage);
        return refused.what();
    }
    return {};
}

TEST(project_name, is_what_adr_32_allows) {
    for (const char* const name : {"hello", "Hello", "h", "7", "order_service", "order-service-2", "a_"})
        EXPECT_EQ(refusal(name), "") << name;
    EXPECT_EQ(refusal(std::string(63, 'a')), "");
}

TEST(project_name, of_a_function_is_one_of_openfaas) {
    for (const char* const name : {"hello", "7", "order-service-2"})
        EXPECT_EQ(refusal(name, project_kind::function), "") << name;
    EXPECT_EQ(
        refusal("Order_Service", project_kind::function),
        "Order_Service: a function's name has only letters a to z, digits and -, and does not begin or end with a "
        "-; try order-service");
    EXPECT_EQ(
        refusal("hello-", project_kind::function),
        "hello-: a function's name has only letters a to z, digits and -, and does not begin or end with a -; try "
        "hello");
}

TEST(project_name, is_refused_with_the_reason_and_the_nearest_one) {
    EXPECT_EQ(refusal("my service"), "my service: a service's name has only letters, digits, - and _; try my-service");
    EXPECT_EQ(refusal("hello.world!"),
              "hello.world!: a service's name has only letters, digits, - and _; try hello-world");
    EXPECT_EQ(refusal("größe"), "größe: a service's name has only letters, digits, - and _; try gr-e");
    EXPECT_EQ(refusal(""), "NAME: is empty; try hello");
    EXPECT_EQ(refusal("..."), "...: a service's name has only letters, digits, - and _; try hello");
    EXPECT_EQ(refusal("-rf"), "-rf: a project's name begins with a letter or a digit; try rf");
    EXPECT_EQ(refusal(std::string(64, 'a')),
              std::string(64, 'a') + ": has more than 63 characters; try " + std::string(63, 'a'));
}

TEST(project_name, that_is_a_path_belongs_to_dir) {
    EXPECT_EQ(refusal("services/hello"),
              "services/hello: a name, not a path, is wanted; try: mote new hello --dir services/hello");
    EXPECT_EQ(refusal("../Hello World/"),
              "../Hello World/: a name, not a path, is wanted; try: mote new Hello-World --dir ../Hello World/");
}

TEST(project_name, cannot_move_the_cursor) { EXPECT_TRUE(test::has(refusal("a\x1b[2Jb"), R"(a\x1b[2Jb: )")); }

TEST(project_name, that_is_suggested_is_fine) {
    for (const auto kind : {project_kind::service, project_kind::function})
        for (const std::string& name : {std::string("Ä"), std::string("__x__"), std::string("-_-"), std::string("a/b"),
                                        std::string(100, '-') + "z", std::string(62, 'a') + "---b"})
            EXPECT_EQ(refusal(nearest_project_name(name, kind), kind), "") << name;
}

}  // namespace
}  // namespace mote::command
