// Functions that are files, shown by a node behind a real NATS server.

#include <tests/node/machine.hpp>

#include <array>

namespace mote::test {
namespace {

class live_static_function : public live_test {};

constexpr std::array<const char*, 4> other_methods{"POST", "PUT", "DELETE", "get"};

nats::headers asking(std::string method, std::string path) {
    nats::headers headers;
    headers.set("Http-Method", method);
    headers.set("Http-Path", path);
    return headers;
}

std::string bytes_of_a_large_file() {
    std::string bytes(3'000'001, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
    return bytes;
}

/// A site, deployed as `site`.
asio::awaitable<functions::description> push_site(std::shared_ptr<machine> on) {
    const auto root = on->directory.path() / "site";
    std::filesystem::create_directories(root / "public" / "docs");
    std::ofstream(root / "function.env") << "mode=static\n";
    std::ofstream(root / "public" / "index.html") << "<p>hello</p>";
    std::ofstream(root / "public" / "docs" / "index.html") << "<p>docs</p>";
    std::ofstream(root / "public" / "large.bin", std::ios::binary) << bytes_of_a_large_file();
    std::ofstream(root / "public" / "nothing.css");
    const auto image = functions::image_name::parse("test/site");
    const auto pushed = co_await on->bundles.push(image, root);
    auto what = function("site", "test/site", "");
    what.digest = pushed.digest.text();
    co_return what;
}

TEST_F(live_static_function, shows_files_without_a_process) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await push_site(here);
        co_await here->deploy(what);
        const auto index = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/"));
        EXPECT_EQ(index.status, 200);
        EXPECT_EQ(index.body, "<p>hello</p>");
        EXPECT_EQ(index.type, "text/html; charset=utf-8");
        const auto empty = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/nothing.css"));
        EXPECT_EQ(empty.status, 200);
        EXPECT_EQ(empty.body, "");
        EXPECT_EQ(empty.type, "text/css; charset=utf-8");
        const auto none = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/../function.env"));
        EXPECT_EQ(none.status, 404);
        const auto state =
            co_await here->state_until("site", [](const functions::function_state& now) { return now.ready == 1; });
        EXPECT_EQ(state.trouble, "");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_static_function, shows_large_files_piece_by_piece) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await push_site(here);
        co_await here->deploy(what);
        const auto whole = bytes_of_a_large_file();
        const auto got = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/large.bin"));
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body.size(), whole.size());
        EXPECT_TRUE(got.body == whole);
        EXPECT_EQ(got.type, "application/octet-stream");
        EXPECT_EQ(got.header("Mote-Body-Length"), std::to_string(whole.size()));
        const auto head = co_await call(js.connection(), subject_of("site"), {}, asking("HEAD", "/large.bin"));
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.body, "");
        EXPECT_EQ(head.header("Mote-Body-Length"), std::to_string(whole.size()));
        co_await here->node.stop(5s);
    });
}

TEST_F(live_static_function, only_lets_files_be_read) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await push_site(here);
        co_await here->deploy(what);
        for (const std::string method : other_methods) {
            const auto got = co_await call(js.connection(), subject_of("site"), "x", asking(method, "/"));
            EXPECT_EQ(got.status, 405) << method;
            EXPECT_EQ(got.header("Allow"), "GET, HEAD");
        }
        co_await here->node.stop(5s);
    });
}

TEST_F(live_static_function, says_where_a_directory_is) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = co_await push_site(here);
        co_await here->deploy(what);
        auto headers = asking("GET", "/docs");
        headers.set("Http-Query", "page=2");
        const auto moved = co_await call(js.connection(), subject_of("site"), {}, headers);
        EXPECT_EQ(moved.status, 301);
        EXPECT_EQ(moved.header("Location"), "./docs/?page=2");
        const auto there = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/docs/"));
        EXPECT_EQ(there.body, "<p>docs</p>");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_static_function, sends_nothing_again_that_the_caller_has) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await push_site(here);
        co_await here->deploy(what);
        const auto first = co_await call(js.connection(), subject_of("site"), {}, asking("GET", "/"));
        const auto tag = first.header("ETag");
        EXPECT_GT(tag.size(), 2U);
        auto headers = asking("GET", "/");
        headers.set("If-None-Match", "\"other\", W/" + tag);
        const auto same = co_await call(js.connection(), subject_of("site"), {}, headers);
        EXPECT_EQ(same.status, 304);
        EXPECT_EQ(same.body, "");
        EXPECT_EQ(same.header("ETag"), tag);
        what.wanted.variables = functions::text_map();
        what.wanted.variables->emplace("static_path", "/home/app/public/docs");
        co_await here->update(what);
        std::function<bool(const called&)> is_new = [](const called& seen) { return seen.body == "<p>docs</p>"; };
        called other;
        for (int tries = 0; tries < 1000 && !is_new(other); ++tries) {
            other = co_await call(js.connection(), subject_of("site"), {}, headers);
            EXPECT_TRUE(other.status == 304 || is_new(other)) << other.status << other.body;
            if (other.status == 304) co_await js.connection().flush();
        }
        EXPECT_EQ(other.status, 200) << "another deployment has other files";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_static_function, says_what_is_wrong_with_its_directory) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = co_await push_site(here);
        what.wanted.variables->emplace("static_path", "/var/www");
        co_await here->store.create(what);
        const auto refused = co_await here->until_served(subject_of("site"));
        EXPECT_EQ(refused.status, 503);
        EXPECT_TRUE(contains(refused.body, "static_path=\"/var/www\": not in the bundle")) << refused.body;
        functions::text_map variables;
        variables.emplace("mode", "static");
        const auto files = function("files", "functions/alpine", "", variables);
        co_await here->store.create(files);
        const auto without = co_await here->until_served(subject_of("files"));
        EXPECT_EQ(without.status, 503);
        EXPECT_TRUE(contains(without.body, "without a bundle")) << without.body;
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
