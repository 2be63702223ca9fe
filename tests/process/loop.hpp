#pragma once

#include <mote/process/child.hpp>
#include <mote/process/command.hpp>
#include <tests/support/gtest_namespace.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mote::process::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A loop that runs one coroutine after the other, each at most so long.
class loop : public ::testing::Test {
public:
    template <class Result>
    Result run(asio::awaitable<Result> work) {
        std::optional<Result> result;
        std::exception_ptr failed;
        bool done = false;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Result value) {
            failed = error;
            if (!error) result.emplace(std::move(value));
            done = true;
        });
        run_until([&] { return done; });
        if (failed) std::rethrow_exception(failed);
        return std::move(*result);
    }

    void run(asio::awaitable<void> work) {
        std::exception_ptr failed;
        bool done = false;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
            failed = error;
            done = true;
        });
        run_until([&] { return done; });
        if (failed) std::rethrow_exception(failed);
    }

    /// Runs the loop until the condition holds; throws when that takes too long.
    template <class Condition>
    void run_until(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + 1min;
        io.restart();
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the loop waited too long");
            io.run_one_for(20ms);
            if (io.stopped()) io.restart();
        }
    }

    asio::io_context io{1};
};

inline asio::awaitable<std::string> read_all(asio::posix::stream_descriptor& from) {
    std::string text;
    char buffer[16384];
    for (;;) {
        const auto [failed, count] =
            co_await from.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::deferred));
        text.append(buffer, count);
        if (failed) co_return text;
    }
}

/// The first line, without its end; what came when the stream ends before.
inline asio::awaitable<std::string> read_line(asio::posix::stream_descriptor& from) {
    std::string text;
    for (;;) {
        char one = 0;
        const auto [failed, count] =
            co_await from.async_read_some(asio::buffer(&one, 1), asio::as_tuple(asio::deferred));
        if (failed || one == '\n') co_return text;
        text.append(&one, count);
    }
}

/// A command of the shell with stdout and stderr in one pipe.
inline command shell(std::string script) {
    command what{.program = "/bin/sh", .arguments = {"-c", std::move(script)}};
    what.output = stream::pipe;
    what.error = stream::merge;
    return what;
}

struct ran {
    std::string output;
    exit_status status;
};

inline asio::awaitable<ran> finish(child process) {
    ran result;
    result.output = co_await read_all(process.output());
    result.status = co_await process.wait();
    co_return result;
}

/// The errc that the work throws, and the whole text; fails the test when it throws nothing.
template <class Work>
std::pair<boost::system::error_code, std::string> error_of(Work work) {
    try {
        work();
    } catch (const boost::system::system_error& error) {
        return {error.code(), error.what()};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

}  // namespace mote::process::test
