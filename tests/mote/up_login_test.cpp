// `mote up --nats-login`: the server asks for a login, and functions have no more than they need.

#include <tests/mote/function_live.hpp>

#include <apps/mote/exit_code.hpp>
#include <mote/process/sandbox.hpp>

#include <chrono>
#include <cstdlib>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class mote_up_login : public function_live {
protected:
    void SetUp() override {
        function_live::SetUp();
        if (!up) return;
        EXPECT_EQ(up->terminate(40s).code, 0);
    }
    fs::path folder() const { return directory() / "nats-login"; }
    std::string credentials() const { return (folder() / "nats.creds").string(); }
    void start_afresh(const std::vector<std::string>& more) {
        fs::remove_all(directory());
        start(more);
    }
    run_result ls(std::vector<std::string> options = {}) const {
        options.emplace_back("ls");
        return mote(std::move(options));
    }
    void deploy_micro() const {
        const auto bundle = environment.home() / "bundle";
        fs::create_directory(bundle);
        const auto strip = "strip -o " + (bundle / "hello").string() + " " + MOTE_EXAMPLE_FUNCTION;
        ASSERT_EQ(std::system(strip.c_str()), 0);  // it is large
        const auto pushed = mote({"--creds", credentials(), "bundle", "push", "hello", bundle.string()});
        ASSERT_EQ(pushed.exit_code, 0) << pushed.err;
        const auto made = mote({"deploy", "hello", "--image", "hello", "-e", "mode=micro", "--fprocess", "./hello"});
        EXPECT_EQ(made.exit_code, 0) << made.err;
    }
    std::string greeting() const { return fetch("POST", url + "/function/hello", "Ada").body; }
};

TEST_F(mote_up_login, lets_nobody_in_without_it) {
    start_afresh({"--nats-login"});
    EXPECT_TRUE(has(up->err(), "It asks for a login: " + credentials()));
    EXPECT_EQ(mode_of(folder()), 0700U);
    EXPECT_EQ(mode_of(credentials()), 0600U);
    EXPECT_EQ(mode_of(folder() / "account.seed"), 0600U);
    const auto refused = ls();
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_TRUE(has(refused.err, "--creds")) << refused.err;
    EXPECT_EQ(ls({"--creds", credentials()}).exit_code, 0);
    const auto seed = file_text(folder() / "account.seed");
    EXPECT_TRUE(has_not(file_text(directory() / "nats-server.conf"), seed.substr(0, seed.size() - 1)));

    // A function that is asked by HTTP needs none.
    deploy("shout", "tr a-z A-Z");
    EXPECT_EQ(fetch("POST", url + "/function/shout", "hello").body, "HELLO");
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_login, is_of_each_function_and_stays) {
    if (!mote::process::sandbox_available().works) GTEST_SKIP() << mote::process::sandbox_available().text;
    start_afresh({"--nats-login"});
    deploy_micro();
    EXPECT_TRUE(eventually_holds([&] { return greeting() == "Hello, Ada!\n"; })) << greeting();
    const auto before = file_text(credentials());
    EXPECT_EQ(up->terminate(40s).code, 0);
    start();  // it keeps what it began with
    EXPECT_NE(ls().exit_code, 0);
    EXPECT_EQ(ls({"--creds", credentials()}).exit_code, 0);
    EXPECT_EQ(file_text(credentials()), before);
    EXPECT_TRUE(eventually_holds([&] { return greeting() == "Hello, Ada!\n"; })) << greeting();
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_login, hides_no_streams_that_are_there) {
    const auto refused = environment.run(
        {"up", "--nats-login", "--port", std::to_string(port), "--http-port", std::to_string(http_port)});
    EXPECT_EQ(refused.exit_code, static_cast<int>(command::exit_code::usage));
    EXPECT_TRUE(is_one_line(refused.err, {directory().string(), "--dir", "--nats-login"})) << refused.err;
    EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(mote_up_login, is_taken_where_all_streams_were_deleted) {
    start_afresh({"--nats-login"});
    EXPECT_EQ(up->terminate(40s).code, 0);
    fs::remove_all(directory());
    fs::create_directories(directory() / "jetstream" / "$G" / "streams");
    start({"--nats-login"});
    EXPECT_NE(ls().exit_code, 0);
    EXPECT_EQ(ls({"--creds", credentials()}).exit_code, 0);
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_login, does_not_go_when_its_seed_does) {
    start_afresh({"--nats-login"});
    EXPECT_EQ(up->terminate(40s).code, 0);
    const auto seed = file_text(folder() / "account.seed");
    fs::remove(folder() / "account.seed");
    const auto user = file_text(credentials());
    for (const std::string option : {"", "--nats-login"}) {
        std::vector<std::string> words{"up", "--port", std::to_string(port), "--http-port", std::to_string(http_port)};
        if (!option.empty()) words.push_back(option);
        const auto refused = environment.run(words);
        EXPECT_EQ(refused.exit_code, static_cast<int>(command::exit_code::error));
        EXPECT_TRUE(is_one_line(refused.err, {(folder() / "account.seed").string(), "put it back", "remove"}))
            << refused.err;
    }
    EXPECT_EQ(file_text(credentials()), user);
    EXPECT_FALSE(fs::exists(folder() / "account.seed"));

    // One that was killed before it wrote a file.
    fs::remove(folder() / "nats.creds");
    write(folder() / "account.seed.tmp-abcdef", seed);
    start();
    EXPECT_NE(ls().exit_code, 0);
    EXPECT_EQ(ls({"--creds", credentials()}).exit_code, 0);
    EXPECT_FALSE(fs::exists(folder() / "account.seed.tmp-abcdef"));
    EXPECT_NE(file_text(folder() / "account.seed"), seed);
    EXPECT_EQ(up->terminate(40s).code, 0);
}

TEST_F(mote_up_login, says_which_file_is_wrong) {
    start_afresh({"--nats-login"});
    EXPECT_EQ(up->terminate(40s).code, 0);
    const auto seed = file_text(folder() / "account.seed");
    fs::remove(folder() / "account.seed");
    const auto half = write(folder() / "account.seed", seed.substr(0, 30) + "\n");
    const auto refused =
        environment.run({"up", "--port", std::to_string(port), "--http-port", std::to_string(http_port)});
    EXPECT_EQ(refused.exit_code, static_cast<int>(command::exit_code::error));
    EXPECT_TRUE(is_one_line(refused.err, {half.string()})) << refused.err;
    EXPECT_TRUE(has_not(refused.err, seed.substr(0, 30)));
}

}  // namespace
}  // namespace mote::test
