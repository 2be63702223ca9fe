// Where lines go: files, pipes that are full, streams.

#include <tests/gateway/protection.hpp>
#include <tests/support/unique_fd.hpp>

#include <mote/gateway/log_sink.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

namespace mote::test {
namespace {

TEST(log_sink, appends_to_a_file) {
    const temp_dir there;
    const auto file = there.path() / "log";
    put(file, "before\n");
    const unique_fd opened(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const auto sink = gateway::to_descriptor(opened.get());
    const std::string much(300'000, 'x');
    EXPECT_EQ(sink(much), much.size());
    EXPECT_EQ(sink("end\n"), 4u);
    EXPECT_EQ(content_of(file), "before\n" + much + "end\n");
}

TEST(log_sink, never_waits_for_a_pipe_that_nobody_reads) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);  // blocking on purpose
    const unique_fd reader(ends[0]);
    const unique_fd writer(ends[1]);
    const auto sink = gateway::to_descriptor(writer.get());
    const std::string much(1024 * 1024, 'x');
    const auto taken = sink(much);
    EXPECT_GT(taken, 0u);
    EXPECT_LT(taken, much.size());
    EXPECT_EQ(sink(much), 0u);

    std::string room(taken, '\0');
    std::size_t got = 0;
    while (got < taken) {
        const auto more = ::read(reader.get(), room.data() + got, taken - got);
        ASSERT_GT(more, 0);
        got += static_cast<std::size_t>(more);
    }
    EXPECT_EQ(sink("again"), 5u);
}

TEST(log_sink, takes_nothing_when_nobody_can_read_any_more) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const unique_fd writer(ends[1]);
    ::close(ends[0]);
    EXPECT_EQ(gateway::to_descriptor(writer.get())("line\n"), 0u);
    std::signal(SIGPIPE, before);
}

TEST(log_sink, takes_nothing_when_a_disk_is_full) {
    const unique_fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    if (full.get() < 0) GTEST_SKIP() << "no /dev/full here";
    EXPECT_EQ(gateway::to_descriptor(full.get())("line\n"), 0u);
}

TEST(log_sink, takes_nothing_for_what_is_not_open) { EXPECT_EQ(gateway::to_descriptor(-1)("line\n"), 0u); }

TEST(log_sink, writes_to_a_stream) {
    std::ostringstream stream;
    const auto sink = gateway::to_stream(stream);
    EXPECT_EQ(sink("a\n"), 2u);
    EXPECT_EQ(sink("b\n"), 2u);
    EXPECT_EQ(stream.str(), "a\nb\n");
}

}  // namespace
}  // namespace mote::test
