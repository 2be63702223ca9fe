// Functions that are files, asked by HTTP as a browser does.

#include <tests/gateway/front_world.hpp>

#include <mote/functions/bundle_store.hpp>

#include <fstream>

namespace mote::test {
namespace {

using static_function_test = front_test;

constexpr std::size_t large_size = 5'000'000;

asio::awaitable<void> deploy_site(front_world* here, std::filesystem::path root) {
    std::filesystem::create_directories(root / "public" / "docs");
    std::ofstream(root / "function.env") << "mode=static\n";
    std::ofstream(root / "public" / "index.html") << "<p>hello</p>";
    std::ofstream(root / "public" / "docs" / "index.html") << "<p>docs</p>";
    std::ofstream(root / "public" / "large.js", std::ios::binary) << std::string(large_size, 'x');
    const auto bundles = co_await functions::bundle_store::open(jetstream::context(here->connection));
    const auto image = functions::image_name::parse("site");
    co_await bundles.push(image, root);
    const std::string body = R"({"service":"site","image":"site"})";
    const auto deployed = co_await here->ask("POST", "/system/functions", body);
    EXPECT_EQ(deployed.status, 202) << deployed.body;
}

TEST_F(static_function_test, a_browser_gets_pages_and_large_files) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_site(&here, directory.path());
        const auto page = co_await here.ask("GET", "/function/site");
        EXPECT_EQ(page.status, 200) << page.body;
        EXPECT_EQ(page.body, "<p>hello</p>");
        EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
        const auto large = co_await here.ask("GET", "/function/site/large.js");
        EXPECT_EQ(large.status, 200);
        EXPECT_EQ(large.body.size(), large_size);
        EXPECT_EQ(large.header("Content-Length"), std::to_string(large_size));
        // The client follows: where to is said relative to where it was.
        const auto docs = co_await here.ask("GET", "/function/site.openfaas-fn/docs");
        EXPECT_EQ(docs.status, 200);
        EXPECT_EQ(docs.body, "<p>docs</p>");
        const auto none = co_await here.ask("GET", "/function/site/none");
        EXPECT_EQ(none.status, 404);
        const auto posted = co_await here.ask("POST", "/function/site", std::string(2'000'000, 'x'));
        EXPECT_EQ(posted.status, 405);
        EXPECT_EQ(posted.header("Allow"), "GET, HEAD");
    });
}

TEST_F(static_function_test, a_browser_asks_for_heads_and_for_what_is_new) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const temp_dir directory;
        co_await deploy_site(&here, directory.path());
        const auto small = co_await here.ask("HEAD", "/function/site/");
        EXPECT_EQ(small.status, 200);
        EXPECT_EQ(small.header("Content-Length"), "12");
        const auto large = co_await here.ask("HEAD", "/function/site/large.js");
        EXPECT_EQ(large.status, 200);
        EXPECT_EQ(large.header("Content-Length"), std::to_string(large_size));
        EXPECT_EQ(large.header("Content-Type"), "text/javascript; charset=utf-8");
        const auto known_by = sent_with("If-None-Match", std::string(large.header("ETag").value_or("")));
        const auto same = co_await here.ask("GET", "/function/site/large.js", {}, known_by);
        EXPECT_EQ(same.status, 304);
        EXPECT_EQ(same.body, "");
    });
}

}  // namespace
}  // namespace mote::test
