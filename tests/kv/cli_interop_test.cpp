#include <mote/kv/bucket.hpp>

#include <tests/kv/cli.hpp>

namespace mote::kv {
namespace {

std::string odd_bytes() {
    std::string bytes;
    for (int i = 1; i < 128; ++i) bytes += static_cast<char>(i);
    return bytes + "\xc3\xbc \r\n \xf0\x9f\x8c\x8d";
}

TEST_F(live_nats_cli, reads_what_we_wrote) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        bucket_config config;
        config.bucket = "ours";
        config.history = 3;
        config.ttl = 1h;
        config.description = "made by mote";
        const auto b = co_await bucket::create(js, config);
        std::string every_byte;
        for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
        co_await b.put("bytes", every_byte);
        co_await b.put("empty", "");
        co_await b.put("a.b/c=d", "one");
        co_await b.put("a.b/c=d", "two");
        co_await b.put("gone", "x");
        co_await b.del("gone");
        co_await b.put("purged", "x");
        co_await b.purge("purged");

        EXPECT_EQ(cli.output({"kv", "get", "ours", "bytes", "--raw"}), every_byte);
        EXPECT_EQ(cli.output({"kv", "get", "ours", "empty", "--raw"}), "");
        EXPECT_EQ(cli.output({"kv", "get", "ours", "a.b/c=d", "--raw"}), "two");
        EXPECT_EQ(cli.output({"kv", "get", "ours", "a.b/c=d", "--raw", "--revision", "3"}), "one");
        EXPECT_NE(cli.run({"kv", "get", "ours", "gone", "--raw"}).exit_code, 0);
        const auto keys = cli.output({"kv", "ls", "ours"});
        for (const auto* const key : {"bytes", "empty", "a.b/c=d"}) EXPECT_TRUE(test::contains(keys, key)) << keys;
        for (const auto* const key : {"gone", "purged"}) EXPECT_FALSE(test::contains(keys, key)) << keys;
        const auto history = cli.output({"kv", "history", "ours", "gone"});
        EXPECT_TRUE(test::contains(history, "DEL")) << history;
        EXPECT_TRUE(test::contains(cli.output({"kv", "history", "ours", "purged"}), "PURGE"));
        const auto status = cli.output({"kv", "status", "ours"});
        EXPECT_TRUE(test::contains(status, "made by mote")) << status;
        EXPECT_TRUE(test::contains(cli.output({"kv", "ls"}), "ours"));
    });
}

TEST_F(live_nats_cli, writes_what_we_read) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        cli.output({"kv", "add", "theirs", "--history", "4", "--ttl", "1h"});
        const auto b = co_await bucket::open(js, "theirs");
        cli.output({"kv", "put", "theirs", "k", odd_bytes()});
        auto found = co_await b.get("k");
        EXPECT_TRUE(found && found->value == odd_bytes());
        cli.output({"kv", "put", "theirs", "k"}, "from standard input");
        found = co_await b.get("k");
        EXPECT_TRUE(found && found->value == "from standard input" && found->revision == 2);
        cli.output({"kv", "create", "theirs", "new", "1"});
        cli.output({"kv", "update", "theirs", "new", "2", "3"});
        const auto keys = co_await b.keys();
        EXPECT_EQ(keys, (std::vector<std::string>{"k", "new"}));
        cli.output({"kv", "del", "theirs", "k", "--force"});
        cli.output({"kv", "purge", "theirs", "new", "--force"});
        EXPECT_FALSE(co_await b.get("k"));
        EXPECT_TRUE((co_await b.keys()).empty());
        const auto history = co_await b.history("k");
        EXPECT_EQ(history.size(), 3u);
        if (!history.empty()) {
            EXPECT_EQ(history.back().operation, operation::del);
        }
        const auto purged = co_await b.history("new");
        EXPECT_TRUE(purged.size() == 1 && purged.front().operation == operation::purge);
        const auto status = co_await b.status();
        EXPECT_EQ(status.history, 4);
        EXPECT_EQ(status.ttl, 1h);
        const auto names = co_await bucket::names(js);
        EXPECT_EQ(names, std::vector<std::string>{"theirs"});
    });
}

TEST_F(live_nats_cli, makes_the_same_bucket_as_we) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        cli.output({"kv", "add", "both", "--history", "2", "--ttl", "10m", "--storage", "memory"});
        bucket_config config;
        config.bucket = "both";
        config.history = 2;
        config.ttl = 10min;
        config.storage = jetstream::storage_type::memory;
        EXPECT_EQ((co_await bucket::create(js, config)).name(), "both");
        config.ttl = 11min;
        EXPECT_EQ((co_await test::failure_of(bucket::create(js, config))).code, errc::bucket_exists);
    });
}

TEST_F(live_nats_cli, respects_our_revisions_and_we_theirs) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        bucket_config config;
        config.bucket = "b";
        const auto b = co_await bucket::create(js, config);
        const auto first = co_await b.put("k", "1");
        cli.output({"kv", "put", "b", "k", "2"});
        const auto late = co_await b.update("k", "3", first);
        EXPECT_TRUE(late.has_error());
        const auto created = co_await b.create("k", "3");
        EXPECT_TRUE(created.has_error());
        EXPECT_NE(cli.run({"kv", "update", "b", "k", "4", std::to_string(first)}).exit_code, 0);
        EXPECT_NE(cli.run({"kv", "create", "b", "k", "4"}).exit_code, 0);
        cli.output({"kv", "del", "b", "k", "--force"});
        EXPECT_TRUE((co_await b.create("k", "5")).has_value());
    });
}

TEST_F(live_nats_cli, changes_reach_our_watch) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        bucket_config config;
        config.bucket = "b";
        const auto b = co_await bucket::create(js, config);
        auto watch = co_await b.watch();
        EXPECT_FALSE(co_await watch.next(20s));
        cli.output({"kv", "put", "b", "k", "1"});
        cli.output({"kv", "del", "b", "k", "--force"});
        const auto put = co_await watch.next(20s);
        const auto del = co_await watch.next(20s);
        EXPECT_TRUE(put && put->key == "k" && put->value == "1");
        EXPECT_TRUE(del && del->operation == operation::del);
    });
}

}  // namespace
}  // namespace mote::kv
