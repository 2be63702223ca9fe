// `mote up --no-functions`: a server that comes and goes with it.

#include <tests/mote/command.hpp>

#include <tests/mote/ends_soon.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/pidfd.hpp>
#include <tests/support/raw_client.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sys/stat.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The nats-server that `mote` has started as its child.
pid_t server_of(pid_t mote) {
    const std::string children =
        read_file("/proc/" + std::to_string(mote) + "/task/" + std::to_string(mote) + "/children");
    return children.empty() ? 0 : std::stoi(children);
}

class mote_up : public testing::Test {
protected:
    void SetUp() override {
        if (!require_nats_server()) return;
        port = free_port();
    }
    std::unique_ptr<process> start(std::vector<std::string> more = {},
                                   std::map<std::string, std::string> env = {}) const {
        std::vector<std::string> arguments{"up", "--no-functions", "--port", std::to_string(port)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto started =
            std::make_unique<process>(command_environment::line(arguments), environment.options(std::move(env)));
        if (!started->wait_for_output("Ctrl-C ends", 40s)) throw std::runtime_error("no server: " + started->output());
        return started;
    }
    fs::path usual_directory() const { return environment.home() / ".local" / "state" / "mote"; }

    command_environment environment;
    std::uint16_t port = 0;
};

TEST_F(mote_up, serves_with_jetstream_and_prints_where) {
    const auto up = start();
    EXPECT_EQ(up->out(), "nats://127.0.0.1:" + std::to_string(port) + "\n") << "standard output is for programs";
    EXPECT_TRUE(has(up->err(), "with JetStream"));
    EXPECT_TRUE(has(up->err(), usual_directory().string()));
    EXPECT_TRUE(has(up->err(), "  mote -s nats://127.0.0.1:" + std::to_string(port) + " ls\n"));
    raw_client client(port);
    EXPECT_TRUE(has(client.info(), R"("jetstream":true)"));
    EXPECT_TRUE(has(client.info(), R"("host":"127.0.0.1")"));
    EXPECT_EQ(environment.run({"ls", "-s", up->out().substr(0, up->out().size() - 1)}).exit_code, 5);
    EXPECT_EQ(up->terminate().code, 0) << "ended on purpose";
}

/// Of the process's environment; empty where it has none of that name.
std::string variable_of(pid_t process, const std::string& name) {
    const std::string all = '\0' + read_file("/proc/" + std::to_string(process) + "/environ");
    const auto at = all.find('\0' + name + '=');
    if (at == std::string::npos) return {};
    const auto value = at + name.size() + 2;
    return all.substr(value, all.find('\0', value) - value);
}

TEST_F(mote_up, lets_its_server_use_memory_to_be_faster) {
    auto up = start();
    EXPECT_EQ(variable_of(server_of(up->pid()), "GOGC"), "400");
    EXPECT_TRUE(variable_of(server_of(up->pid()), "GOMEMLIMIT").ends_with("MiB"));
    EXPECT_EQ(variable_of(server_of(up->pid()), "HOME"), environment.home().string()) << "all else is as it was";
    EXPECT_TRUE(has(read_file(usual_directory() / "nats-server.conf"), "disable_sublist_cache: true\n"));
    EXPECT_EQ(up->terminate().code, 0);
    up = start({}, {{"GOGC", "50"}, {"GOMEMLIMIT", "1GiB"}});
    EXPECT_EQ(variable_of(server_of(up->pid()), "GOGC"), "50") << "what the user wants";
    EXPECT_EQ(variable_of(server_of(up->pid()), "GOMEMLIMIT"), "1GiB");
}

TEST_F(mote_up, ends_its_server_when_it_is_ended) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const auto up = start();
        const unique_fd server = open_pidfd(server_of(up->pid()));
        ASSERT_TRUE(server);
        up->kill(signal);
        const auto ended = up->wait();
        ASSERT_TRUE(ended);
        EXPECT_EQ(*ended, (exit_status{0, 0}));
        pollfd gone{.fd = server.get(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&gone, 1, 0), 1) << "the server is gone before `mote` is";
        EXPECT_TRUE(has(read_file(usual_directory() / "nats-server.log"), "Server Exiting")) << "it was asked to end";
    }
}

TEST_F(mote_up, ends_its_server_when_it_is_killed) {
    const auto up = start();
    const unique_fd server = open_pidfd(server_of(up->pid()));
    ASSERT_TRUE(server);
    up->kill(SIGKILL);
    ASSERT_TRUE(up->wait());
    EXPECT_TRUE(ends_soon(server));
    EXPECT_FALSE(accepts_connections(port));
    const auto again = start();
    EXPECT_EQ(again->terminate().code, 0) << "and the next one can have its directory";
}

TEST_F(mote_up, ends_when_ctrl_c_is_typed) {
    pty_process up(command_environment::line({"up", "--no-functions", "--port", std::to_string(port)}),
                   environment.options());
    ASSERT_TRUE(up.wait_for_output("Ctrl-C ends", 40s)) << up.text();
    up.type("\x03");
    const auto ended = up.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, (exit_status{0, 0})) << up.text();
    EXPECT_TRUE(has(read_file(usual_directory() / "nats-server.log"), "Server Exiting"));
}

TEST_F(mote_up, says_when_its_server_ends) {
    const auto up = start();
    ::kill(server_of(up->pid()), SIGKILL);
    const auto ended = up->wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 1);
    EXPECT_TRUE(has(up->err(), "mote: nats-server ended: signal 9"));
    EXPECT_TRUE(has(up->err(), "nats-server.log"));
}

TEST_F(mote_up, takes_the_next_free_port_and_says_so) {
    const unique_fd taken = listen_loopback(port);
    const auto up = start();
    const std::string address = up->out();
    EXPECT_NE(address, "nats://127.0.0.1:" + std::to_string(port) + "\n");
    EXPECT_TRUE(address.starts_with("nats://127.0.0.1:"));
    EXPECT_TRUE(has(up->err(), "Port " + std::to_string(port) + " is taken"));
    EXPECT_EQ(environment.run({"ls", "-s", address.substr(0, address.size() - 1)}).exit_code, 5);
}

TEST_F(mote_up, keeps_what_is_stored_in_its_directory) {
    const auto directory = environment.home() / "a \"quoted\" $dir\\ectory" / "é";
    const auto ask = [&](const std::string& subject, const std::string& body) {
        return environment.run({"req", subject, body, "-s", "127.0.0.1:" + std::to_string(port)}).out;
    };
    auto up = start({"--dir", directory.string()});
    EXPECT_TRUE(has_not(ask("$JS.API.STREAM.CREATE.kept", R"({"name":"kept","subjects":["kept.>"],"storage":"file"})"),
                        "\"error\""));
    EXPECT_TRUE(has(ask("kept.one", "a message"), R"("seq":1)"));
    EXPECT_TRUE(
        has(ask("$JS.API.STREAM.CREATE.large", R"({"name":"large","subjects":["large"],"max_bytes":5000000000})"),
            "insufficient"))
        << "its share of the disk is bounded";
    EXPECT_EQ(up->terminate().code, 0);
    up = start({"--dir", directory.string()});
    EXPECT_TRUE(has(ask("$JS.API.STREAM.INFO.kept", ""), R"("messages":1)"));
    EXPECT_TRUE(fs::is_directory(directory / "jetstream"));
    EXPECT_FALSE(fs::exists(usual_directory()));
}

TEST_F(mote_up, makes_its_directory_for_its_owner_only) {
    const auto mode_of = [](const fs::path& path) {
        struct stat about{};
        EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
        return about.st_mode & 0777U;
    };
    start();
    EXPECT_EQ(mode_of(usual_directory()), 0700U);
    const auto other = environment.home() / "with" / "slash";
    start({"--dir", other.string() + "/"});
    EXPECT_EQ(mode_of(other), 0700U);
}

TEST_F(mote_up, keeps_its_data_where_xdg_says) {
    const auto state = environment.home() / "state";
    start({}, {{"XDG_STATE_HOME", state.string()}});
    EXPECT_TRUE(fs::is_directory(state / "mote" / "jetstream"));
    start({}, {{"XDG_STATE_HOME", "relative/path"}});
    EXPECT_TRUE(fs::is_directory(usual_directory() / "jetstream")) << "a relative path is to be ignored";
}

TEST_F(mote_up, shares_its_directory_with_no_other) {
    const auto up = start();
    const auto other = environment.run({"up", "--port", std::to_string(free_port())});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_EQ(other.out, "");
    EXPECT_TRUE(is_one_line(other.err, {usual_directory().string(), "in use", std::to_string(up->pid()), "--dir"}));
    EXPECT_TRUE(up->running());
    EXPECT_TRUE(accepts_connections(port));
}

TEST_F(mote_up, says_why_a_directory_cannot_be_used) {
    const auto file = environment.home() / "file";
    std::ofstream(file) << "text";
    for (const fs::path& bad : {file, file / "below"}) {
        const auto result = environment.run({"up", "--dir", bad.string()});
        EXPECT_EQ(result.exit_code, 1);
        EXPECT_TRUE(is_one_line(result.err, {bad.string(), "--dir"}));
    }
    auto homeless = environment.options({{"HOME", ""}});
    homeless.unset.push_back("XDG_STATE_HOME");
    const auto result = run(command_environment::line({"up"}), homeless);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"XDG_STATE_HOME", "HOME", "--dir"}));
}

TEST_F(mote_up, says_how_to_get_a_server_that_is_missing) {
    // Hides the places where `mote` looks besides PATH, in a mount namespace.
    if (run({"unshare", "-rm", "true"}).exit_code != 0) GTEST_SKIP() << "no namespaces for this user";
    const std::string script =
        "mount -t tmpfs none /usr/sbin && mount -t tmpfs none /usr/local/bin && exec '" MOTE_PROGRAM "' up";
    const auto result =
        run({"unshare", "-rm", "/bin/sh", "-c", script}, environment.options({{"PATH", "/usr/bin:/bin"}}));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"nats-server", "apt-get install nats-server"}));
    EXPECT_FALSE(fs::exists(usual_directory()));
}

TEST_F(mote_up, says_why_a_server_does_not_start) {
    temp_dir programs;
    const auto fake = programs.path() / "nats-server";
    const auto result_of = [&](const std::string& script) {
        std::ofstream(fake) << script;
        fs::permissions(fake, fs::perms::owner_all);
        return environment.run({"up", "--port", std::to_string(port)},
                               {{"PATH", programs.path().string() + ":/usr/bin:/bin"}});
    };
    const auto failing = result_of("#!/bin/sh\necho first line\necho it hurts\nexit 3\n");
    EXPECT_EQ(failing.exit_code, 1);
    EXPECT_TRUE(is_one_line(failing.err, {"nats-server did not start: exit code 3", "it hurts", "nats-server.log"}));
    const auto no_program = result_of("#!/nonexistent/interpreter\n");
    EXPECT_EQ(no_program.exit_code, 1);
    EXPECT_TRUE(is_one_line(no_program.err, {"exit code 127", "No such file or directory"}));
}

TEST_F(mote_up, ends_with_130_when_it_is_interrupted_before_it_serves) {
    temp_dir programs;
    const auto fake = programs.path() / "nats-server";
    std::ofstream(fake) << "#!/bin/sh\necho started > " << (programs.path() / "started").string()
                        << "\nexec sleep 1000\n";
    fs::permissions(fake, fs::perms::owner_all);
    process up(command_environment::line({"up", "--no-functions", "--port", std::to_string(port)}),
               environment.options({{"PATH", programs.path().string() + ":/usr/bin:/bin"}}));
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!fs::exists(programs.path() / "started") && std::chrono::steady_clock::now() < limit)
        std::this_thread::yield();
    const unique_fd server = open_pidfd(server_of(up.pid()));
    ASSERT_TRUE(server);
    up.kill(SIGINT);
    const auto ended = up.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130) << up.output();
    EXPECT_TRUE(ends_soon(server));
}

}  // namespace
}  // namespace mote::test
