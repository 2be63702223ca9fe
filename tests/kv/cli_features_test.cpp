#include <mote/kv/bucket.hpp>

#include <tests/kv/cli.hpp>

namespace mote::kv {
namespace {

using test::contains;
using test::server_at_least;

class live_cli_features : public live_nats_cli {};

bucket_config named(std::string name) {
    bucket_config config;
    config.bucket = std::move(name);
    return config;
}

TEST_F(live_cli_features, placement_and_republishing_are_the_same) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        auto config = named("ours");
        config.placement.cluster = "east";
        config.placement.tags = {"ssd"};
        config.republish.emplace();
        config.republish->source = "$KV.ours.>";
        config.republish->destination = "copy.>";
        config.republish->headers_only = true;
        co_await bucket::create(js, config);
        const auto info = cli.output({"stream", "info", "KV_ours", "--json"});
        for (const auto* const part : {"east", "ssd", "copy.\\u003e", "headers_only"})
            EXPECT_TRUE(contains(info, part)) << part << " is not in " << info;

        cli.output({"kv", "add", "theirs", "--cluster", "east", "--tags", "ssd", "--republish-source", "$KV.theirs.>",
                    "--republish-destination", "copy.>", "--republish-headers"});
        config.bucket = "theirs";
        config.republish->source = "$KV.theirs.>";
        co_await bucket::create(js, config);  // the same
    });
}

TEST_F(live_cli_features, metadata_and_compression_are_the_same) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        auto config = named("ours");
        config.metadata["team"] = "a";
        config.compressed = true;
        if (!server_at_least(js, 2, 10)) {
            EXPECT_EQ((co_await test::failure_of(bucket::create(js, config))).code, jetstream::errc::not_supported);
            co_return;
        }
        co_await bucket::create(js, config);
        const auto info = cli.output({"kv", "info", "ours"});
        EXPECT_TRUE(contains(info, "Compressed: true")) << info;
        EXPECT_TRUE(contains(cli.output({"stream", "info", "KV_ours", "--json"}), "\"team\": \"a\""));

        cli.output({"kv", "add", "theirs", "--metadata", "team=a", "--compress"});
        const auto theirs = co_await bucket::open(js, "theirs");
        const auto status = co_await theirs.status();
        EXPECT_TRUE(status.compressed);
        EXPECT_EQ(status.metadata.at("team"), "a");
        config.bucket = "theirs";
        co_await bucket::create(js, config);
    });
}

TEST_F(live_cli_features, mirrors_and_sources_are_the_same) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        const auto b = co_await bucket::create(js, named("b"));
        co_await b.put("a", "1");
        cli.output({"kv", "add", "theirs", "--mirror", "b"});
        const auto theirs = co_await bucket::open(js, "theirs");
        const auto written = co_await theirs.put("through", "2");
        EXPECT_EQ(cli.output({"kv", "get", "b", "through", "--raw"}), "2");
        auto config = named("theirs");
        config.mirror.emplace();
        config.mirror->name = "b";
        co_await bucket::create(js, config);  // the same
        EXPECT_EQ(written, 2u);
        config.bucket = "ours";
        co_await bucket::create(js, config);
        cli.output({"kv", "put", "ours", "from.cli", "3"});
        const auto put = co_await b.get("from.cli");
        EXPECT_TRUE(put && put->value == "3");

        if (!server_at_least(js, 2, 10)) co_return;
        cli.output({"kv", "add", "copies", "--source", "b"});
        auto copies = named("copies");
        copies.sources.emplace_back();
        copies.sources.front().name = "b";
        co_await bucket::create(js, copies);  // the same
    });
}

TEST_F(live_cli_features, ttls_of_keys_and_limit_markers_are_the_same) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        auto config = named("ours");
        config.limit_marker_ttl = 60s;
        if (!server_at_least(js, 2, 11)) {
            EXPECT_EQ((co_await test::failure_of(bucket::create(js, config))).code, jetstream::errc::not_supported);
            EXPECT_NE(cli.run({"kv", "add", "theirs", "--marker-ttl", "60s"}).exit_code, 0);
            co_return;
        }
        const auto ours = co_await bucket::create(js, config);
        const auto info = cli.output({"kv", "info", "ours"});
        EXPECT_TRUE(contains(info, "Per-Key TTL Supported: true")) << info;
        EXPECT_TRUE(contains(info, "Limit Marker TTL: 1m0s")) << info;
        cli.output({"kv", "create", "ours", "a", "1", "--ttl", "1s"});
        auto watch = co_await ours.watch("a");
        const auto put = co_await watch.next(20s);
        EXPECT_TRUE(put && put->value == "1");
        EXPECT_FALSE(co_await watch.next(20s));
        const auto gone = co_await watch.next(20s);
        EXPECT_TRUE(gone && gone->operation == operation::purge);
        EXPECT_TRUE(contains(cli.output({"kv", "history", "ours", "a"}), "PURGE"));

        cli.output({"kv", "add", "theirs", "--marker-ttl", "60s"});
        config.bucket = "theirs";
        const auto theirs = co_await bucket::create(js, config);
        EXPECT_EQ((co_await theirs.status()).limit_marker_ttl, 60s);
        EXPECT_TRUE((co_await theirs.create("k", "1", 60s)).has_value());
        EXPECT_EQ(cli.output({"kv", "get", "theirs", "k", "--raw"}), "1");
        co_await theirs.purge("k", 60s);
        EXPECT_TRUE(contains(cli.output({"kv", "history", "theirs", "k"}), "PURGE"));
        cli.output({"kv", "create", "theirs", "k", "2"});
        cli.output({"kv", "purge", "theirs", "k", "--ttl", "60s", "--force"});
        const auto history = co_await theirs.history("k");
        EXPECT_TRUE(history.size() == 1 && history.front().operation == operation::purge);
    });
}

TEST_F(live_cli_features, compaction_is_the_same) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 5;
        const auto b = co_await bucket::create(js, config);
        cli.output({"kv", "put", "b", "k", "1"});
        cli.output({"kv", "del", "b", "k", "--force"});
        cli.output({"kv", "put", "b", "stays", "1"});
        EXPECT_EQ(co_await b.purge_deletes(0s), 2u);
        EXPECT_EQ(cli.output({"kv", "get", "b", "stays", "--raw"}), "1");
        EXPECT_FALSE(contains(cli.output({"stream", "subjects", "KV_b", "--json"}), "$KV.b.k"));

        co_await b.put("k", "2");
        co_await b.del("k");
        cli.output({"kv", "compact", "b", "--force"});
        const auto left = co_await b.history("k");
        EXPECT_LE(left.size(), 1u);
        EXPECT_TRUE(co_await b.get("stays"));
    });
}

TEST_F(live_cli_features, reverts_to_a_revision_of_ours) {
    with_cli([](const nats_cli& cli, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 5;
        const auto b = co_await bucket::create(js, config);
        const auto first = co_await b.put("k", "one");
        co_await b.put("k", "two");
        cli.output({"kv", "revert", "b", "k", std::to_string(first), "--force"});
        const auto found = co_await b.get("k");
        EXPECT_TRUE(found && found->value == "one" && found->revision == 3);
    });
}

}  // namespace
}  // namespace mote::kv
