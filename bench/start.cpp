// How long a program takes from its start until its endpoint `echo` answers, again and again: milliseconds, one a line.
#include <mote/nats/connection.hpp>
#include <mote/nats/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

pid_t spawn(const std::string& program) {
    char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
    pid_t made = 0;
    if (const int failed = posix_spawn(&made, program.c_str(), nullptr, nullptr, arguments, environ); failed != 0)
        throw std::system_error(failed, std::generic_category(), program);
    return made;
}

asio::awaitable<bool> answers(mote::nats::connection connection) {
    try {
        co_await connection.request("echo", "x");
    } catch (const boost::system::system_error& failed) {
        // What was killed just now may get one more request, before the server knows.
        if (failed.code() != mote::nats::errc::no_responders && failed.code() != mote::nats::errc::timeout) throw;
        co_return false;
    }
    co_return true;
}

asio::awaitable<void> wait_until(mote::nats::connection connection, bool wanted) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (const auto deadline = clock::now() + 10s;;) {
        const bool now = co_await answers(connection);
        if (now == wanted) co_return;
        if (clock::now() > deadline) throw std::runtime_error(wanted ? "it does not answer" : "it does not end");
        pause.expires_after(200us);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> measure(std::string url, std::string program, int count) {
    mote::nats::options opts;
    opts.servers = {url};
    opts.request_timeout = 1s;
    const auto connection = co_await mote::nats::connection::connect(opts);
    for (int i = 0; i < count; ++i) {
        co_await wait_until(connection, false);
        const auto begin = clock::now();
        const pid_t child = spawn(program);
        std::exception_ptr failed;
        try {
            co_await wait_until(connection, true);
        } catch (...) {
            failed = std::current_exception();
        }
        const std::chrono::duration<double, std::milli> taken = clock::now() - begin;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        if (failed != nullptr) std::rethrow_exception(failed);
        std::printf("%.2f\n", taken.count());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr,
                     "usage: bench_start nats://HOST:PORT PROGRAM COUNT   (NATS_URL tells the program the server)\n");
        return 2;
    }
    asio::io_context context(1);
    auto done = asio::co_spawn(context, measure(argv[1], argv[2], std::atoi(argv[3])), asio::use_future);
    context.run();
    try {
        done.get();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "bench_start: %s\n", failed.what());
        return 1;
    }
    return 0;
}
