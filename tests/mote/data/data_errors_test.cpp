// What `mote kv` and `mote obj` say when it does not work.

#include <tests/mote/data/data_live.hpp>

#include <tests/support/loopback.hpp>

namespace mote::test {
namespace {

using mote_data_errors = data_live;
using words = std::vector<std::string>;

TEST_F(mote_data_errors, of_a_bucket_or_store_that_is_not_there_name_those_like_it_and_exit_5) {
    for (const words& command : {words{"kv", "ls", "setings"},
                                 {"kv", "get", "setings", "k"},
                                 {"kv", "put", "setings", "k", "v"},
                                 {"kv", "del", "setings", "k"},
                                 {"kv", "watch", "setings"},
                                 {"kv", "history", "setings", "k"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 5) << command[1];
        EXPECT_TRUE(is_one_line(result.err, {"no bucket \"setings\"; did you mean settings?"}));
        EXPECT_EQ(result.out, "");
    }
    for (const words& command : {words{"obj", "ls", "report"},
                                 {"obj", "get", "report", "n"},
                                 {"obj", "del", "report", "n"},
                                 {"obj", "info", "report"},
                                 {"obj", "put", "report", "/dev/null"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 5) << command[1];
        EXPECT_TRUE(is_one_line(result.err, {"no object store \"report\"; did you mean reports?"}));
    }
    EXPECT_TRUE(is_one_line(mote({"kv", "ls", "x"}).err, {"there is: settings", "`nats kv add x` makes one"}));
}

TEST_F(mote_data_errors, of_a_key_or_object_that_is_not_there_name_those_like_it_and_exit_5) {
    EXPECT_TRUE(is_one_line(mote({"kv", "get", "settings", "colour"}).err,
                            {"no key \"colour\" in bucket settings; it is empty"}));
    mote({"kv", "put", "settings", "colour", "red"});
    for (const words& command : {words{"kv", "get", "settings", "color"},
                                 {"kv", "del", "settings", "color"},
                                 {"kv", "history", "settings", "color"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 5);
        EXPECT_TRUE(is_one_line(result.err, {"no key \"color\" in bucket settings; did you mean colour?"}));
    }
    EXPECT_TRUE(is_one_line(mote({"kv", "get", "settings", "x"}).err, {"`mote kv ls settings` shows what there is"}));
    const auto revision = mote({"kv", "get", "settings", "colour", "--revision", "9"});
    EXPECT_EQ(revision.exit_code, 5);
    EXPECT_TRUE(is_one_line(revision.err, {"with revision 9", "mote kv history settings colour"}));

    mote({"obj", "put", "reports", "-", "--name", "april"}, {}, "x");
    for (const words& command : {words{"obj", "get", "reports", "aprol"},
                                 {"obj", "del", "reports", "aprol"},
                                 {"obj", "info", "reports", "aprol"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 5);
        EXPECT_TRUE(is_one_line(result.err, {"no object \"aprol\" in store reports; did you mean april?"}));
    }
}

TEST_F(mote_data_errors, of_names_that_cannot_be_exit_2) {
    for (const words& command : {words{"kv", "get", "a b", "k"},
                                 {"kv", "get", "settings", "a..b"},
                                 {"kv", "put", "settings", ".k", "v"},
                                 {"obj", "get", "a.b", "n"}}) {
        const auto result = mote(command);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(command) << result.err;
        EXPECT_TRUE(is_one_line(result.err));
    }
}

TEST_F(mote_data_errors, of_a_value_that_is_too_large_say_what_to_do) {
    const auto result = mote({"kv", "put", "settings", "k"}, {}, std::string(1024 * 1024 + 1, 'x'));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"maximum payload exceeded", "`mote obj put`"}));
}

TEST(mote_data_usage, that_is_wrong_exits_2) {
    const command_environment environment;
    for (const words& command : {words{"kv"},
                                 {"kv", "nonsense"},
                                 {"kv", "get", "b"},
                                 {"kv", "get", "b", "k", "x"},
                                 {"kv", "put", "b"},
                                 {"kv", "put", "b", "k", "v", "--file", "f"},
                                 {"kv", "put", "b", "k", "v", "--revision", "x"},
                                 {"kv", "watch"},
                                 {"obj"},
                                 {"obj", "get", "s"},
                                 {"obj", "get", "s", "n", "--json"},
                                 {"obj", "put", "s"},
                                 {"obj", "info"},
                                 {"obj", "del", "s"}}) {
        const auto result = environment.run(command);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(command) << result.err;
        EXPECT_TRUE(is_one_line(result.err));
    }
}

TEST(mote_data_usage, has_help_with_examples_that_names_the_nats_command) {
    const command_environment environment;
    for (const words& command :
         {words{"kv", "--help"}, {"kv", "put", "--help"}, {"obj", "--help"}, {"obj", "get", "--help"}}) {
        const auto result = environment.run(command);
        EXPECT_EQ(result.exit_code, 0);
        EXPECT_TRUE(has(result.out, "Examples:"));
        EXPECT_TRUE(has(result.out, "`nats` CLI"));
    }
}

TEST(mote_data_without_jetstream, says_what_to_do) {
    if (!require_nats_server()) return;
    nats_server_options options;
    options.jetstream = false;
    const nats_server plain(options);
    const command_environment environment;
    for (const words& command : {words{"kv", "ls"},
                                 {"kv", "get", "b", "k"},
                                 {"kv", "watch", "b"},
                                 {"obj", "ls"},
                                 {"obj", "get", "s", "n"},
                                 {"obj", "put", "s", "/dev/null"}}) {
        const auto result = environment.run(command, {{"NATS_URL", plain.url()}});
        EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(command);
        EXPECT_TRUE(is_one_line(result.err, {"no JetStream on ", "`mote up` starts a server with it"}));
    }
}

TEST(mote_data_without_server, says_which_one_is_away) {
    const command_environment environment;
    const std::string nowhere = "127.0.0.1:" + std::to_string(free_port());
    for (const words& command : {words{"kv", "ls"}, {"kv", "watch", "b"}, {"obj", "ls"}, {"obj", "get", "s", "n"}}) {
        const auto result = environment.run(command, {{"NATS_URL", "nats://" + nowhere}});
        EXPECT_EQ(result.exit_code, 3) << testing::PrintToString(command);
        EXPECT_TRUE(is_one_line(result.err, {"cannot connect to " + nowhere, "NATS_URL"}));
    }
}

}  // namespace
}  // namespace mote::test
