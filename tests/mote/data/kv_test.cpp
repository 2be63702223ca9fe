// `mote kv`: buckets and keys.

#include <tests/mote/data/data_live.hpp>

namespace mote::test {
namespace {

using mote_kv = data_live;

TEST_F(mote_kv, puts_gets_and_deletes) {
    const auto put = mote({"kv", "put", "settings", "colour", "red"});
    EXPECT_EQ(put.exit_code, 0) << put.err;
    EXPECT_EQ(put.out, "1\n") << "its revision";
    EXPECT_EQ(mote({"kv", "get", "settings", "colour"}).out, "red\n");
    EXPECT_EQ(mote({"kv", "get", "settings", "colour", "--raw"}).out, "red");
    EXPECT_EQ(mote({"kv", "put", "settings", "colour", "blue"}).out, "2\n");
    EXPECT_EQ(mote({"kv", "get", "settings", "colour", "--revision", "1"}).out, "red\n");
    const auto del = mote({"kv", "del", "settings", "colour"});
    EXPECT_EQ(del.exit_code, 0);
    EXPECT_EQ(del.out, "");
    EXPECT_EQ(mote({"kv", "get", "settings", "colour"}).exit_code, 5);
    EXPECT_EQ(mote({"kv", "rm", "settings", "colour"}).exit_code, 5) << "it is not there any more";
}

TEST_F(mote_kv, takes_a_value_from_an_argument_a_pipe_and_a_file) {
    const std::string bytes("a\0\xff\r\n", 5);
    write_file("value", bytes);
    const auto stored = [&] { return mote({"kv", "get", "settings", "k", "-r"}).out; };
    EXPECT_EQ(mote({"kv", "put", "settings", "k", ""}).exit_code, 0);
    EXPECT_EQ(stored(), "");
    EXPECT_EQ(mote({"kv", "put", "settings", "k"}, {}, "piped").exit_code, 0);
    EXPECT_EQ(stored(), "piped");
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "-"}, {}, bytes).exit_code, 0);
    EXPECT_EQ(stored(), bytes);
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "--file", path_of("value")}).exit_code, 0);
    EXPECT_EQ(stored(), bytes);
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "--", "-5"}).exit_code, 0);
    EXPECT_EQ(stored(), "-5");
    const auto absent = mote({"kv", "put", "settings", "k", "--file", path_of("absent")});
    EXPECT_EQ(absent.exit_code, 2);
    EXPECT_TRUE(is_one_line(absent.err, {"absent: No such file"}));
    EXPECT_TRUE(has(mote_on_terminal({"kv", "put", "settings", "k"}), "mote: no value; give it behind the key"))
        << "nobody waits for a person who gave none";
}

TEST_F(mote_kv, creates_only_what_is_not_there) {
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "one", "--create"}).out, "1\n");
    const auto again = mote({"kv", "put", "settings", "k", "two", "--create"});
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_TRUE(is_one_line(again.err, {"key \"k\" in bucket settings is there already", "its revision is 1"}));
    EXPECT_EQ(mote({"kv", "get", "settings", "k"}).out, "one\n");
    mote({"kv", "del", "settings", "k"});
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "three", "--create"}).exit_code, 0) << "deleted is not there";
}

TEST_F(mote_kv, compares_the_revision_and_sets) {
    mote({"kv", "put", "settings", "k", "one"});
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "two", "--revision", "1"}).out, "2\n");
    const auto late = mote({"kv", "put", "settings", "k", "three", "--revision", "1"});
    EXPECT_EQ(late.exit_code, 1);
    EXPECT_TRUE(is_one_line(late.err, {"is not at revision 1, and was left as it is", "its revision is 2"}));
    EXPECT_EQ(mote({"kv", "del", "settings", "k", "--revision", "1"}).exit_code, 1);
    EXPECT_EQ(mote({"kv", "del", "settings", "k", "--purge", "--revision", "1"}).exit_code, 1);
    EXPECT_EQ(mote({"kv", "get", "settings", "k"}).out, "two\n");
    EXPECT_EQ(mote({"kv", "del", "settings", "k", "--revision", "2"}).exit_code, 0);
    EXPECT_EQ(mote({"kv", "put", "settings", "k", "x", "--create", "--revision", "1"}).exit_code, 2);
}

TEST_F(mote_kv, lists_buckets) {
    mote({"kv", "put", "settings", "colour", "red"});
    const auto rows = cells(mote({"kv", "ls"}).out);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0][0], "Bucket");
    EXPECT_EQ(rows[1][0], "settings");
    EXPECT_EQ(rows[1][1], "1");
    EXPECT_EQ(rows[1][3], "5");
    EXPECT_EQ(rows[1].back(), "of the shop");
    const auto listed = parse_array(mote({"kv", "ls", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(text_at(listed[0], "bucket"), "settings");
    EXPECT_EQ(listed[0].at("history"), 5);
    EXPECT_TRUE(has(mote_on_terminal({"kv", "ls"}), "settings"));
}

TEST_F(mote_kv, lists_keys) {
    EXPECT_EQ(mote({"kv", "ls", "settings"}).err, "no keys in bucket settings\n");
    EXPECT_EQ(mote({"kv", "ls", "settings", "--json"}).out, "[]\n");
    for (const std::string key : {"b", "a.two", "a.one", "gone"}) mote({"kv", "put", "settings", key, "x"});
    mote({"kv", "del", "settings", "gone"});
    EXPECT_EQ(mote({"kv", "ls", "settings"}).out, "a.one\na.two\nb\n");
    EXPECT_EQ(mote({"kv", "ls", "settings", "a.*"}).out, "a.one\na.two\n");
    EXPECT_EQ(parse_array(mote({"kv", "ls", "settings", "--json"}).out), (boost::json::array{"a.one", "a.two", "b"}));
}

TEST_F(mote_kv, shows_the_history_of_a_key) {
    mote({"kv", "put", "settings", "k", "one"});
    mote({"kv", "put", "settings", "k", "two\x1b"});
    mote({"kv", "del", "settings", "k"});
    const auto rows = cells(mote({"kv", "history", "settings", "k"}).out);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0], (std::vector<std::string>{"Revision", "Time", "Operation", "Bytes", "Value"}));
    EXPECT_EQ(rows[1][0], "1");
    EXPECT_EQ(rows[1][2], "put");
    EXPECT_EQ(rows[1][4], "one");
    EXPECT_EQ(rows[2][4], "two\\x1b");
    EXPECT_EQ(rows[3][2], "del");
    const auto listed = parse_array(mote({"kv", "history", "settings", "k", "--json"}).out);
    ASSERT_EQ(listed.size(), 3U);
    EXPECT_EQ(text_at(listed[0], "data"), "one");
    EXPECT_EQ(text_at(listed[2], "operation"), "del");
    EXPECT_FALSE(listed[2].as_object().contains("data"));
}

TEST_F(mote_kv, purges_the_history_of_a_key) {
    const auto lines = [&] { return cells(mote({"kv", "history", "settings", "k"}).out).size(); };
    const std::vector<std::string> purging{"kv", "del", "settings", "k", "--purge"};
    EXPECT_EQ(mote(purging).exit_code, 5) << "it never was";
    mote({"kv", "put", "settings", "k", "one"});
    mote({"kv", "put", "settings", "k", "two"});
    EXPECT_EQ(mote(purging).exit_code, 0);
    EXPECT_EQ(lines(), 2U) << "only the marker is left";
    mote({"kv", "put", "settings", "k", "three"});
    mote({"kv", "del", "settings", "k"});
    EXPECT_EQ(lines(), 4U);
    EXPECT_EQ(mote({"kv", "del", "settings", "k"}).exit_code, 5) << "a deleted key is none";
    const auto purged = mote(purging);
    EXPECT_EQ(purged.exit_code, 0) << purged.err;
    EXPECT_EQ(lines(), 2U) << "also what lay behind the marker of a deletion";
}

TEST_F(mote_kv, is_json_when_asked) {
    const auto put = boost::json::parse(mote({"kv", "put", "settings", "k", "\xff", "--json"}).out);
    EXPECT_EQ(put.at("revision"), 1);
    EXPECT_EQ(text_at(put, "operation"), "put");
    const auto got = boost::json::parse(mote({"kv", "get", "settings", "k", "--json"}).out);
    EXPECT_EQ(text_at(got, "bucket"), "settings");
    EXPECT_EQ(text_at(got, "key"), "k");
    EXPECT_EQ(text_at(got, "data_base64"), "/w==");
    EXPECT_EQ(got.at("revision"), 1);
    EXPECT_TRUE(text_at(got, "created").ends_with("Z"));
    EXPECT_EQ(text_at(boost::json::parse(mote({"kv", "del", "settings", "k", "--json"}).out), "operation"), "del");
}

TEST_F(mote_kv, shows_a_person_a_value_without_what_moves_the_cursor) {
    mote({"kv", "put", "settings", "k", "a\x1b[31m\nb"});
    EXPECT_TRUE(has(mote_on_terminal({"kv", "get", "settings", "k"}), "a\\x1b[31m\nb\n"));
}

}  // namespace
}  // namespace mote::test
