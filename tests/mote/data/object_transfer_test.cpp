// `mote obj get` and `put`: bytes on their way, whole or not at all.

#include <tests/mote/data/data_live.hpp>

#include <tests/nats/live.hpp>
#include <tests/support/tcp_proxy.hpp>
#include <tests/support/unique_fd.hpp>

#include <mote/jetstream/context.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace mote::test {
namespace {

asio::awaitable<void> count_messages(const nats_server& server, std::uint64_t* count) {
    const auto connection = co_await connect_to(server);
    const auto info = co_await jetstream::context(connection).stream("OBJ_reports");
    *count = info.state.messages;
    connection.close();
}

class mote_obj_transfer : public data_live {
protected:
    /// Chunks and informations that the store has.
    std::uint64_t stored() const {
        std::uint64_t count = 0;
        test::run(count_messages(*server, &count));
        return count;
    }
    void put_noise(const std::string& name, std::size_t size) const {
        EXPECT_EQ(mote({"obj", "put", "reports", "-", "--name", name}, {}, noise(size)).exit_code, 0);
    }
    run_result put(const std::string& name) const { return mote({"obj", "put", "reports", path_of(name)}); }
};

TEST_F(mote_obj_transfer, of_a_file_there_and_back) {
    const auto bytes = noise(1'000'000);
    write_file("big.bin", bytes);
    const auto result = put("big.bin");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(has(result.out, "Name         big.bin\n"));
    EXPECT_TRUE(has(result.out, "Size         1000000 bytes\n"));
    EXPECT_EQ(result.err, "") << "no bar where nobody looks";
    EXPECT_EQ(mote({"obj", "get", "reports", "big.bin"}).out, bytes) << "byte for byte";
    EXPECT_EQ(mote({"obj", "get", "reports", "big.bin", "-o", path_of("copy.bin")}).exit_code, 0);
    EXPECT_EQ(bytes_of(path_of("copy.bin")), bytes);
    EXPECT_EQ(files(), (std::vector<std::string>{"big.bin", "copy.bin"})) << "and nothing beside";
}

TEST_F(mote_obj_transfer, through_pipes) {
    const auto result =
        shell("head -c 3000000 /dev/zero | mote obj put reports - --name zeros --description 'no ones' --json");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto stored = boost::json::parse(result.out);
    EXPECT_EQ(stored.at("size"), 3'000'000);
    EXPECT_EQ(text_at(stored, "description"), "no ones");
    EXPECT_EQ(shell("mote obj get reports zeros | wc -c").out, "3000000\n");
    EXPECT_EQ(shell("mote obj get reports zeros -o - | wc -c").out, "3000000\n");
    EXPECT_EQ(mote({"obj", "put", "reports", "-"}, {}, "x").exit_code, 2) << "it needs a name";
}

TEST_F(mote_obj_transfer, of_more_than_the_memory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const std::string bound;  // a sanitizer's own memory would not fit into it
#else
    const std::string bound = "ulimit -v 300000; ";
#endif
    const auto result = shell(bound +
                              "head -c 320000000 /dev/zero | mote obj put reports - --name huge >/dev/null && mote obj "
                              "get reports huge | wc -c");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "320000000\n");
}

TEST_F(mote_obj_transfer, makes_a_file_as_any_program_does) {
    write_file("a", "text");
    put("a");
    EXPECT_EQ(shell("umask 027; mote obj get reports a -o '" + path_of("b") + "'").exit_code, 0);
    struct stat about{};
    ASSERT_EQ(::stat(path_of("b").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0640U);
    ::chmod(path_of("b").c_str(), 0600);
    EXPECT_EQ(mote({"obj", "get", "reports", "a", "-o", path_of("b")}).exit_code, 0);
    ASSERT_EQ(::stat(path_of("b").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << "one that is there stays as it is";
}

TEST_F(mote_obj_transfer, that_fails_leaves_the_older_file_and_nothing_half) {
    write_file("old", "older");
    const auto absent = mote({"obj", "get", "reports", "absent", "-o", path_of("old")});
    EXPECT_EQ(absent.exit_code, 5);
    EXPECT_EQ(bytes_of(path_of("old")), "older");
    write_file("a", "text");
    put("a");
    const auto directory = mote({"obj", "get", "reports", "a", "-o", folder.path().string()});
    EXPECT_EQ(directory.exit_code, 2);
    EXPECT_TRUE(is_one_line(directory.err, {"is a directory"}));
    ASSERT_EQ(::mkfifo(path_of("pipe").c_str(), 0600), 0);
    const auto pipe = mote({"obj", "get", "reports", "a", "-o", path_of("pipe")});
    EXPECT_EQ(pipe.exit_code, 2);
    EXPECT_TRUE(is_one_line(pipe.err, {"is no file that could be replaced"}));
    EXPECT_TRUE(std::filesystem::is_fifo(path_of("pipe")));
    std::filesystem::create_symlink(path_of("old"), path_of("link"));
    EXPECT_EQ(mote({"obj", "get", "reports", "a", "-o", path_of("link")}).exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_symlink(path_of("link")));
    EXPECT_EQ(bytes_of(path_of("old")), "text");
    for (const char* name : {"pipe", "link"}) std::filesystem::remove(path_of(name));
    const auto nowhere = mote({"obj", "get", "reports", "a", "-o", path_of("no/where")});
    EXPECT_EQ(nowhere.exit_code, 1);
    EXPECT_TRUE(is_one_line(nowhere.err, {"no/where", "No such file"}));
    EXPECT_EQ(files(), (std::vector<std::string>{"a", "old"}));
}

TEST_F(mote_obj_transfer, that_is_interrupted_leaves_no_half_file) {
    put_noise("big.bin", 40'000'000);
    tcp_proxy link(server->port());
    const auto getting = start({"-s", through(link), "obj", "get", "reports", "big.bin", "-o", path_of("copy")});
    ASSERT_TRUE(soon([this] { return files().size() == 1; })) << "the part of a file";
    link.stall();  // so that it cannot end by itself
    getting->kill(SIGINT);
    const auto ended = getting->wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130) << getting->output();
    EXPECT_TRUE(files().empty());
}

TEST_F(mote_obj_transfer, that_breaks_off_leaves_the_older_file) {
    put_noise("big.bin", 1'000'000);
    write_file("copy", "older");
    tcp_proxy breaking(server->port());
    breaking.cut_after(proxy_direction::to_client, 400'000);
    const auto result = mote({"-s", through(breaking), "obj", "get", "reports", "big.bin", "-o", path_of("copy")});
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_TRUE(is_one_line(result.err));
    EXPECT_EQ(files(), (std::vector<std::string>{"copy"}));
    EXPECT_EQ(bytes_of(path_of("copy")), "older");
}

TEST_F(mote_obj_transfer, of_a_put_that_is_interrupted_leaves_nothing_in_the_store) {
    const auto before = stored();
    pty_process putting({"/bin/bash", "-c",
                         "(head -c 5000000 /dev/zero; echo fed >&2; sleep 8) | '" + std::string(MOTE_PROGRAM) +
                             "' obj put reports - --name half"},
                        environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(putting.wait_for_output("fed"));
    ASSERT_TRUE(putting.wait_for_output("5 MB")) << putting.text();
    putting.type("\x03");
    ASSERT_TRUE(putting.wait());  // also for the sleep: a shell that is about to become it passes over a signal
    EXPECT_EQ(stored(), before);
    EXPECT_EQ(mote({"obj", "info", "reports", "half"}).exit_code, 5);
}

TEST_F(mote_obj_transfer, ends_quietly_when_nobody_reads_any_more) {
    shell("head -c 5000000 /dev/zero | mote obj put reports - --name zeros");
    const auto result = shell("mote obj get reports zeros | head -c 10 | wc -c");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "10\n");
    EXPECT_EQ(result.err, "");
}

TEST_F(mote_obj_transfer, hears_ctrl_c_while_who_reads_is_slow) {
    put_noise("big.bin", 1'000'000);
    ASSERT_EQ(::mkfifo(path_of("pipe").c_str(), 0600), 0);
    process getting({"/bin/bash", "-c",
                     "exec '" + std::string(MOTE_PROGRAM) + "' obj get reports big.bin >'" + path_of("pipe") + "'"},
                    environment.options({{"NATS_URL", server->url()}}));
    const unique_fd reader(::open(path_of("pipe").c_str(), O_RDONLY | O_CLOEXEC));
    const auto waiting = [&reader] {
        int bytes = 0;
        return ::ioctl(reader.get(), FIONREAD, &bytes) == 0 ? bytes : -1;
    };
    ASSERT_TRUE(soon([&waiting] { return waiting() >= 60'000; })) << "the pipe is full: " << waiting();
    getting.kill(SIGINT);
    const auto ended = getting.wait();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
}

TEST_F(mote_obj_transfer, shows_a_person_text_and_refuses_the_rest) {
    write_file("text", "a\x1b[31m\nb");
    write_file("bytes", std::string("a\0b", 3));
    write_file("long", std::string(100'000, 'x'));
    for (const std::string name : {"text", "bytes", "long"}) put(name);
    EXPECT_TRUE(has(mote_on_terminal({"obj", "get", "reports", "text"}), "a\\x1b[31m\nb\n"));
    for (const std::string name : {"bytes", "long"})
        EXPECT_TRUE(has(mote_on_terminal({"obj", "get", "reports", name}), "`-o FILE` writes it to a file"));
}

TEST_F(mote_obj_transfer, draws_a_bar_on_a_terminal) {
    write_file("big.bin", noise(3'000'000));
    const auto putting = mote_on_terminal({"obj", "put", "reports", path_of("big.bin")});
    EXPECT_TRUE(has(putting, "big.bin, MB"));
    EXPECT_TRUE(has(putting, "3/3"));
    const auto getting = mote_on_terminal({"obj", "get", "reports", "big.bin", "-o", path_of("copy")});
    EXPECT_TRUE(has(getting, "3/3"));
    EXPECT_TRUE(
        has_not(mote_on_terminal({"obj", "get", "reports", "big.bin", "-o", path_of("copy"), "--no-progress"}), "MB"));
}

TEST_F(mote_obj_transfer, refuses_what_is_no_file) {
    const auto absent = mote({"obj", "put", "reports", path_of("absent")});
    EXPECT_EQ(absent.exit_code, 2);
    EXPECT_TRUE(is_one_line(absent.err, {"absent: No such file"}));
    const auto directory = mote({"obj", "put", "reports", folder.path().string()});
    EXPECT_EQ(directory.exit_code, 2);
    EXPECT_TRUE(is_one_line(directory.err, {"is a directory"}));
}

}  // namespace
}  // namespace mote::test
