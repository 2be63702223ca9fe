// A service on an official client as a function of mode `micro`: its bundle is pushed, deployed, and asked by HTTP.

#include <tests/interop/peer.hpp>
#include <tests/mote/function_live.hpp>

#include <atomic>
#include <boost/json/parse.hpp>
#include <future>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mote::test {
namespace {

namespace fs = std::filesystem;

/// Without what Python keeps beside its sources, and the tools of its environment.
void copy_python_peer(const fs::path& from, const fs::path& to) {
    for (const auto* file : {"peer.py", "function.py"}) fs::copy_file(from / file, to / file);
    for (const auto& version : fs::directory_iterator(from / "venv" / "lib")) {
        const auto client = version.path() / "site-packages" / "nats";
        if (!fs::is_directory(client)) continue;
        fs::copy(client, to / "nats", fs::copy_options::recursive);
        return;
    }
    throw std::runtime_error("no client in " + from.string());
}

void copy_javascript_peer(const fs::path& from, const fs::path& to) {
    for (const auto* file : {"peer.mjs", "function.mjs", "package.json"}) fs::copy_file(from / file, to / file);
    fs::copy(from / "node_modules", to / "node_modules", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

/// Copies a peer into a bundle, and says what starts it there.
std::string copy_peer(const peer& which, const fs::path& program, const fs::path& to) {
    if (which.language == "python") {
        copy_python_peer(program.parent_path(), to);
        return "python3 peer.py";
    }
    if (which.language == "javascript") {
        copy_javascript_peer(program.parent_path(), to);
        return "node peer.mjs";
    }
    fs::copy_file(program, to / "peer");
    return "./peer";
}

class their_function : public function_live, public testing::WithParamInterface<peer> {
protected:
    void SetUp() override {
        const auto program = program_of(GetParam());
        if (program.empty()) return;
        function_live::SetUp();
        if (!up) return;
        deploy_peer(program);
    }

    http::response ask(const std::string& method, const std::string& path, const std::string& body = {}) const {
        http::request asked(method, url + "/function/theirs" + path);
        asked.body = body;
        asked.headers.emplace_back("X-Thing", "7");
        return fetch(std::move(asked));
    }

    /// Of the services that serve it.
    std::vector<std::string> ids() const {
        std::vector<std::string> found;
        for (const auto& one : parse_array(mote({"info", "theirs", "--json"}).out)) found.push_back(text_at(one, "id"));
        return found;
    }

    std::string description() const { return mote({"functions", "--json"}).out + mote({"logs", "theirs"}).out; }

private:
    /// Nothing outside of the bundle but the machine's own programs is seen by it: it runs in the node's sandbox.
    void deploy_peer(const fs::path& program) {
        const auto bundle = environment.home() / "bundle";
        fs::create_directories(bundle);
        const auto command = copy_peer(GetParam(), program, bundle) + " function";
        write("bundle/function.env", "mode=micro\nfprocess=" + command + "\n");
        const auto pushed = mote({"bundle", "push", "their-bundle", bundle.string()});
        ASSERT_EQ(pushed.exit_code, 0) << pushed.err;
        ASSERT_TRUE(pushed.out.starts_with("sha256:")) << pushed.out;
        const auto deployed = mote({"deploy", "theirs", "--image", "their-bundle"});
        ASSERT_EQ(deployed.exit_code, 0) << deployed.err;
    }
};

TEST_P(their_function, gets_the_request_of_http_in_headers_and_answers_it) {
    const auto got = ask("PUT", "/a/b?x=1%202", "hello");
    ASSERT_EQ(got.status, 200) << got.body << description();
    EXPECT_EQ(got.header("Content-Type"), "application/json");
    const auto told = boost::json::parse(got.body);
    EXPECT_EQ(text_at(told, "language"), GetParam().language);
    EXPECT_EQ(text_at(told, "method"), "PUT");
    EXPECT_EQ(text_at(told, "path"), "/a/b");
    EXPECT_EQ(text_at(told, "query"), "x=1%202");
    EXPECT_EQ(text_at(told, "thing"), "7");
    EXPECT_EQ(text_at(told, "body"), "hello");
}

TEST_P(their_function, says_status_type_and_headers_of_its_answer) {
    const std::string bytes("\0\r\n\xff any bytes", 14);
    const auto got = ask("POST", "/bytes", bytes);
    EXPECT_EQ(got.status, 201) << got.body << description();
    EXPECT_EQ(got.body, bytes);
    EXPECT_EQ(got.header("Content-Type"), "image/x-peer");
    EXPECT_EQ(got.header("X-Peer"), GetParam().language);
}

TEST_P(their_function, answers_its_service_error_as_a_status) {
    const auto got = ask("POST", "/missing");
    EXPECT_EQ(got.status, 404);
    EXPECT_TRUE(has(got.body, "no such thing")) << description();
    EXPECT_EQ(got.header("X-OpenFaaS-Internal"), "proxy");
}

TEST_P(their_function, is_the_service_that_is_listed_and_goes_when_it_is_removed) {
    ASSERT_EQ(ask("POST", "/").status, 200) << description();
    EXPECT_TRUE(eventually_holds([&] {
        const auto found = parse_array(mote({"info", "theirs", "--json"}).out);
        return found.size() == 1 && text_at(found[0].at("metadata"), "language") == GetParam().language;
    })) << mote({"info", "theirs", "--json"}).out;
    EXPECT_EQ(mote({"remove", "theirs"}).exit_code, 0);
    EXPECT_TRUE(eventually_holds([&] { return mote({"info", "theirs"}).exit_code == 5; }))
        << mote({"info", "theirs"}).out;
    EXPECT_EQ(ask("POST", "/").status, 404);
}

/// Its programs drain when they are told to end; nothing else keeps a call that waits for them.
TEST_P(their_function, loses_no_call_in_an_update) {
    ASSERT_EQ(ask("POST", "/").status, 200) << description();
    std::atomic<bool> enough = false;
    std::atomic<int> answered = 0;
    std::vector<std::future<std::string>> callers;
    for (int i = 0; i < 4; ++i)
        callers.push_back(std::async(std::launch::async, [&] {
            while (!enough) {
                const auto got = ask("POST", "/");
                if (got.status != 200) return std::to_string(got.status) + ' ' + got.body;
                ++answered;
            }
            return std::string();
        }));
    auto before = ids();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(mote({"deploy", "theirs", "--image", "their-bundle"}).exit_code, 0);
        EXPECT_TRUE(eventually_holds([&] {
            const auto now = ids();
            return now.size() == 1 && now != before;
        })) << mote({"info", "theirs", "--json"}).out;
        before = ids();
        const int at_least = answered + 20;
        EXPECT_TRUE(eventually_holds([&] { return answered >= at_least; })) << description();
    }
    enough = true;
    for (auto& one : callers) EXPECT_EQ(one.get(), "");
}

std::vector<peer> function_peers() {
    std::vector<peer> chosen;
    for (const auto& one : peers)
        if (one.language == "go" || one.language == "javascript" || one.language == "python") chosen.push_back(one);
    return chosen;
}

INSTANTIATE_TEST_SUITE_P(interop, their_function, ::testing::ValuesIn(function_peers()), language_of);

}  // namespace
}  // namespace mote::test
