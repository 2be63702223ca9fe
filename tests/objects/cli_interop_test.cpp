#include <tests/objects/fixture.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mote::objects::test {
namespace {

/// What the official `nats` command stores and reads. MOTE_NATS_CLI names it.
class cli_interop_test : public objects_test {
public:
    /// Runs `nats ARGUMENTS` and expects success.
    std::string nats(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {cli_, "--no-context", "--server", server().url()});
        mote::test::process_options options;
        for (const auto* name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}) options.env[name] = directory_.path();
        const auto result = mote::test::run(arguments, options);
        std::string line;
        for (const auto& argument : arguments) line += argument + ' ';
        EXPECT_EQ(result.exit_code, 0) << line << '\n' << result.out << result.err;
        return result.out + result.err;
    }

    std::string file(const std::string& name) const { return directory_.path() / name; }
    std::string file_with(const std::string& name, const std::string& bytes) const {
        std::ofstream(file(name), std::ios::binary) << bytes;
        return file(name);
    }
    std::string bytes_of(const std::string& name) const {
        std::ifstream in(file(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    static cli_interop_test& of(objects_test& test) { return static_cast<cli_interop_test&>(test); }

protected:
    void SetUp() override {
        const char* cli = std::getenv("MOTE_NATS_CLI");
        if (cli == nullptr || *cli == '\0')
            return mote::test::skip_or_fail("MOTE_NATS_CLI is not set: it names the official nats command");
        cli_ = cli;
        objects_test::SetUp();
    }

private:
    std::string cli_;
    mote::test::temp_dir directory_;
};

constexpr std::size_t chunk = 128 * 1024;
constexpr std::size_t sizes[] = {0, 1, chunk - 1, chunk, chunk + 1, std::size_t{3} * 1024 * 1024 + 7};

TEST_F(cli_interop_test, reads_what_we_store_byte_for_byte) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        for (const auto size : sizes) {
            const auto bytes = some_bytes(size);
            const auto name = "of " + std::to_string(size) + " bytes/ü";
            co_await photos.put(name, bytes);
            cli.nats({"object", "get", "photos", name, "--output", cli.file("got"), "--force", "--no-progress"});
            EXPECT_TRUE(cli.bytes_of("got") == bytes) << size;
        }
    });
}

TEST_F(cli_interop_test, stores_what_we_read_byte_for_byte) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        cli.nats({"object", "add", "photos"});
        const auto photos = co_await store::open(js, "photos");
        for (const auto size : sizes) {
            const auto bytes = some_bytes(size);
            const auto name = "of " + std::to_string(size) + " bytes/ü";
            const auto path = cli.file_with("put", bytes);
            cli.nats({"object", "put", "photos", path, "--name", name, "--force", "--no-progress"});
            const auto back = co_await photos.get_bytes(name);
            EXPECT_TRUE(back == bytes) << size;
        }
        const auto all = co_await photos.list();
        EXPECT_EQ(all.size(), std::size(sizes));
    });
}

TEST_F(cli_interop_test, tells_us_what_is_said_of_an_object) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        const auto path = cli.file_with("cat.jpg", some_bytes(5000));
        cli.nats({"object", "put", "photos", path, "--name", "cat", "--description", "a cat", "--header", "X:1",
                  "--header", "Content-Type:image/jpeg", "--chunk-size", "1000", "--force", "--no-progress"});
        const auto info = co_await photos.info("cat");
        EXPECT_TRUE(info);
        if (!info) co_return;
        EXPECT_EQ(info->description, "a cat");
        EXPECT_EQ(info->headers.at("Content-Type"), std::vector<std::string>{"image/jpeg"});
        EXPECT_EQ(info->headers.at("X"), std::vector<std::string>{"1"});
        EXPECT_EQ(info->size, 5000U);
        EXPECT_EQ(info->chunk_size, 1000U);
        EXPECT_EQ(info->chunks, 5U);
        EXPECT_EQ(info->store, "photos");
    });
}

TEST_F(cli_interop_test, is_told_what_we_say_of_an_object) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        auto meta = named("cat", 1000);
        meta.description = "a cat";
        meta.headers["Content-Type"] = {"image/jpeg"};
        meta.metadata["by"] = "mote";
        co_await photos.put(meta, pieces_of(some_bytes(5000), 700));
        const auto shown = cli.nats({"object", "info", "photos", "cat"});
        for (const auto* part : {"a cat", "Content-Type", "image/jpeg", "4.9 KiB", "Chunks: 5"})
            EXPECT_NE(shown.find(part), std::string::npos) << part << " is not in:\n" << shown;
        const auto listed = cli.nats({"object", "ls", "photos"});
        EXPECT_NE(listed.find("cat"), std::string::npos) << listed;
        const auto stores = cli.nats({"object", "ls"});
        EXPECT_NE(stores.find("photos"), std::string::npos) << stores;
        const auto status = cli.nats({"object", "info", "photos"});
        EXPECT_NE(status.find("photos"), std::string::npos) << status;
    });
}

TEST_F(cli_interop_test, sees_what_we_replace_and_delete_and_we_see_the_same_of_it) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        const auto path = cli.file_with("put", some_bytes(300'000));

        co_await photos.put("x", "ours");
        cli.nats({"object", "put", "photos", path, "--name", "x", "--force", "--no-progress"});
        auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 4U);
        co_await photos.put("x", "ours again");
        messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);

        cli.nats({"object", "rm", "photos", "x", "--force"});
        messages = co_await messages_of(js);
        EXPECT_EQ(messages, 1U);
        const auto gone = co_await photos.info("x");
        EXPECT_FALSE(gone);

        cli.nats({"object", "put", "photos", path, "--name", "y", "--force", "--no-progress"});
        co_await photos.del("y");
        messages = co_await messages_of(js);
        EXPECT_EQ(messages, 2U);
        const auto listed = cli.nats({"object", "ls", "photos"});
        EXPECT_EQ(listed.find(" y "), std::string::npos) << listed;
    });
}

TEST_F(cli_interop_test, makes_the_same_store_as_we) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        store_config config;
        config.store = "photos";
        config.description = "of cats";
        config.ttl = 1h;
        config.max_bytes = 1'000'000;
        config.storage = jetstream::storage_type::memory;
        config.placement.cluster = "east";
        config.placement.tags = {"ssd"};
        std::vector<std::string> add{
            "object",  "add",       "photos", "--description", "of cats", "--ttl",  "1h", "--max-bucket-size",
            "1000000", "--storage", "memory", "--cluster",     "east",    "--tags", "ssd"};
        if (mote::test::server_at_least(js, 2, 10)) {
            config.metadata["team"] = "a";
            config.compressed = true;
            add.insert(add.end(), {"--metadata", "team=a", "--compress"});
        }
        cli.nats(add);
        const auto photos = co_await store::create(js, config);
        co_await photos.put("x", "of x");
        cli.nats({"object", "get", "photos", "x", "--output", cli.file("got"), "--force", "--no-progress"});
        EXPECT_EQ(cli.bytes_of("got"), "of x");
        config.ttl = 2h;
        const auto error = co_await error_of(store::create(js, config));
        EXPECT_EQ(error, errc::store_exists);
    });
}

TEST_F(cli_interop_test, finds_an_object_under_its_new_name) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        const auto bytes = some_bytes(300'000);
        cli.nats({"object", "put", "photos", cli.file_with("put", bytes), "--name", "x", "--force", "--no-progress"});
        auto meta = named("y");
        meta.description = "renamed";
        co_await photos.update_meta("x", meta);
        cli.nats({"object", "get", "photos", "y", "--output", cli.file("got"), "--force", "--no-progress"});
        EXPECT_TRUE(cli.bytes_of("got") == bytes);
        const auto shown = cli.nats({"object", "info", "photos", "y"});
        EXPECT_NE(shown.find("renamed"), std::string::npos) << shown;
        const auto listed = cli.nats({"object", "ls", "photos"});
        EXPECT_EQ(listed.find(" x "), std::string::npos) << listed;
    });
}

TEST_F(cli_interop_test, respects_our_seal_and_we_its) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto ours = co_await new_store(js, "ours");
        co_await ours.put("x", "of x");
        co_await ours.seal();
        const auto shown = cli.nats({"object", "info", "ours"});
        EXPECT_NE(shown.find("Sealed: true"), std::string::npos) << shown;
        cli.nats({"object", "get", "ours", "x", "--output", cli.file("got"), "--force", "--no-progress"});
        EXPECT_EQ(cli.bytes_of("got"), "of x");

        cli.nats({"object", "add", "theirs"});
        cli.nats({"object", "seal", "theirs", "--force"});
        const auto theirs = co_await store::open(js, "theirs");
        const auto status = co_await theirs.status();
        EXPECT_TRUE(status.sealed);
        const auto error = co_await error_of(theirs.put("x", "1"));
        EXPECT_EQ(error, jetstream::errc::stream_sealed);
    });
}

TEST_F(cli_interop_test, follows_our_links) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        const auto archive = co_await new_store(js, "archive");
        const auto cat = co_await archive.put("cat", "meow");
        co_await photos.link_to("pet", cat);
        co_await photos.link_to_store("old", "archive");
        cli.nats({"object", "get", "photos", "pet", "--output", cli.file("got"), "--force", "--no-progress"});
        EXPECT_EQ(cli.bytes_of("got"), "meow");
        const auto listed = cli.nats({"object", "ls", "photos"});
        for (const auto* name : {"pet", "old"}) EXPECT_NE(listed.find(name), std::string::npos) << listed;
        // No `object info`: it ends in a panic for links, its own client's too (natscli 0.5.1 wants a digest).
        cli.nats({"object", "rm", "photos", "pet", "--force"});
        const auto gone = co_await photos.info("pet");
        EXPECT_FALSE(gone);
        const auto bytes = co_await archive.get_bytes("cat");
        EXPECT_EQ(bytes, "meow");
    });
}

TEST_F(cli_interop_test, changes_are_seen_by_a_watch) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        auto& cli = cli_interop_test::of(test);
        const auto photos = co_await new_store(js);
        auto changes = co_await photos.watch();
        co_await changes.next(5s);
        cli.nats({"object", "put", "photos", cli.file_with("put", "hello"), "--name", "x", "--force", "--no-progress"});
        auto info = co_await changes.next(10s);
        EXPECT_TRUE(info && info->name == "x" && info->size == 5);
        cli.nats({"object", "rm", "photos", "x", "--force"});
        info = co_await changes.next(10s);
        EXPECT_TRUE(info && info->name == "x" && info->deleted);
    });
}

}  // namespace
}  // namespace mote::objects::test
