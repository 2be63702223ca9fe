// `mote obj`: stores, and what they tell of objects.

#include <tests/mote/data/data_live.hpp>

#include <tests/nats/live.hpp>

#include <mote/objects/store.hpp>

namespace mote::test {
namespace {

class mote_obj : public data_live {
protected:
    void put(const std::string& name, const std::string& bytes) const {
        EXPECT_EQ(mote({"obj", "put", "reports", "-", "--name", name}, {}, bytes).exit_code, 0);
    }
};

asio::awaitable<void> make_described(const nats_server& server) {
    const auto connection = co_await connect_to(server);
    const auto store = co_await objects::store::open(jetstream::context(connection), "reports");
    objects::object_meta meta;
    meta.name = "described";
    meta.description = "two\x1b lines";
    meta.headers["Kind"] = {"a", "b"};
    meta.metadata["owner"] = "me";
    const auto empty = []() -> asio::awaitable<std::string> { co_return std::string(); };
    const objects::source nothing = empty;
    co_await store.put(meta, nothing);
    const objects::object_link target{"reports", "described"};
    co_await store.link_to("link", target);
    connection.close();
}

TEST_F(mote_obj, lists_stores) {
    const auto rows = cells(mote({"obj", "ls"}).out);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].front(), "reports");
    EXPECT_EQ(rows[1].back(), "each month");
    const auto listed = parse_array(mote({"obj", "ls", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(text_at(listed[0], "store"), "reports");
    EXPECT_EQ(mote({"object", "list"}).exit_code, 0) << "by their other names";
}

TEST_F(mote_obj, lists_objects) {
    EXPECT_EQ(mote({"obj", "ls", "reports"}).err, "no objects in store reports\n");
    put("may", "12345");
    put("april", "1");
    const auto rows = cells(mote({"obj", "ls", "reports"}).out);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0][0], "Name");
    EXPECT_EQ(rows[1][0], "april");
    EXPECT_EQ(rows[2][0], "may");
    EXPECT_EQ(rows[2][1], "5");
    EXPECT_EQ(parse_array(mote({"obj", "ls", "reports", "--json"}).out).size(), 2U);
}

TEST_F(mote_obj, tells_all_of_an_object) {
    test::run(make_described(*server));
    const auto text = mote({"obj", "info", "reports", "described"}).out;
    for (const std::string part :
         {"Name         described\n", "Description  two\\x1b lines\n", "Size         0 bytes\n",
          "Digest       SHA-256=", "  Kind         a\n", "  Kind         b\n", "owner        me\n"})
        EXPECT_TRUE(has(text, part));
    const auto json = boost::json::parse(mote({"obj", "info", "reports", "described", "--json"}).out);
    EXPECT_EQ(json.at("headers").at("Kind"), (boost::json::array{"a", "b"}));
    EXPECT_EQ(json.at("metadata").at("owner"), "me");
    EXPECT_TRUE(has(mote({"obj", "info", "reports", "link"}).out, "Link to      reports described\n"));
    EXPECT_EQ(boost::json::parse(mote({"obj", "info", "reports", "link", "--json"}).out).at("link").at("name"),
              "described");
}

TEST_F(mote_obj, tells_of_the_store_itself) {
    const auto text = mote({"obj", "info", "reports"}).out;
    EXPECT_TRUE(has(text, "Store        reports\n"));
    EXPECT_TRUE(has(text, "Storage      file\n"));
    EXPECT_EQ(boost::json::parse(mote({"obj", "info", "reports", "--json"}).out).at("sealed"), false);
}

TEST_F(mote_obj, deletes) {
    put("may", "12345");
    const auto gone = mote({"obj", "del", "reports", "may"});
    EXPECT_EQ(gone.exit_code, 0);
    EXPECT_EQ(gone.out, "");
    EXPECT_EQ(mote({"obj", "info", "reports", "may"}).exit_code, 5);
    EXPECT_EQ(mote({"obj", "rm", "reports", "may"}).exit_code, 5);
    put("may", "1");
    EXPECT_EQ(boost::json::parse(mote({"obj", "del", "reports", "may", "--json"}).out).at("deleted"), true);
}

}  // namespace
}  // namespace mote::test
