#pragma once

#include <mote/node/detail/http_upstream.hpp>
#include <tests/node/scripted_server.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace mote::node::detail {

/// What one request came to.
struct told {
    int status = 0;
    std::string reason{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::optional<std::uint64_t> content_length{};
    std::string body{};
    bool whole = false;
    boost::system::error_code error{};
    std::string why{};
};

/// A server that does what the test says, and a client of it; both run on the loop of the test.
class upstream_test : public testing::Test {
protected:
    using clock = std::chrono::steady_clock;

    void serve(scripted_server::script what, upstream_options options = {}, const std::string& path = {}) {
        server_ = std::make_unique<scripted_server>(loop_, std::move(what), path);
        upstream_address where;
        where.unix_path = path;
        if (path.empty()) where.port = server_->port();
        upstream_ = std::make_unique<http_upstream>(loop_.get_executor(), where, options);
    }
    void TearDown() override {
        upstream_.reset();
        server_.reset();
        loop_.restart();
        loop_.run_for(std::chrono::minutes(1));
        EXPECT_TRUE(loop_.stopped()) << "something is left behind";
    }

    /// Runs until the work is done; what it throws is thrown here. Throws when that takes more than a minute.
    void run(asio::awaitable<void> work) {
        bool done = false;
        std::exception_ptr failed;
        asio::co_spawn(loop_, std::move(work), [&](std::exception_ptr error) {
            failed = error;
            done = true;
        });
        run_until([&] { return done; });
        if (failed) std::rethrow_exception(failed);
    }
    void run_until(const std::function<bool()>& reached) {
        const auto limit = clock::now() + std::chrono::minutes(1);
        loop_.restart();
        while (!reached()) {
            if (clock::now() > limit) throw std::runtime_error("what the test waits for does not come");
            loop_.run_one_for(std::chrono::milliseconds(100));
        }
    }

    /// Sends, and reads all of the answer.
    told ask(upstream_request asked = {}, std::string body = {}, std::size_t whole_limit = 65536) {
        told result;
        // A test whose process says too little ends before the patience of `run`.
        if (asked.deadline == clock::time_point::max()) asked.deadline = clock::now() + std::chrono::seconds(10);
        run(ask_into(*upstream_, asked, std::move(body), whole_limit, result));
        return result;
    }
    boost::system::error_code error_of(upstream_request asked = {}, std::string body = {}) {
        return ask(asked, std::move(body)).error;
    }
    static asio::awaitable<void> ask_into(http_upstream& upstream, upstream_request asked, std::string body,
                                          std::size_t whole_limit, told& into) {
        try {
            auto answer = co_await upstream.send(asked, body, whole_limit);
            note(answer.head, into);
            into.whole = answer.whole;
            into.body = answer.body;
            if (!answer.whole) co_await read_rest(answer.rest, into.body);
        } catch (const boost::system::system_error& error) {
            into.error = error.code();
            into.why = error.what();
        }
    }
    static void note(const upstream_head& head, told& into) {
        into.status = head.status;
        into.reason = head.reason;
        into.content_length = head.content_length;
        for (const auto& [name, value] : head.headers) into.headers.emplace_back(name, value);
    }
    static asio::awaitable<void> read_rest(http_exchange& exchange, std::string& body) {
        for (;;) {
            const auto piece = co_await exchange.read_some();
            if (piece.empty()) co_return;
            body += piece;
        }
    }

    asio::io_context loop_{1};
    std::unique_ptr<scripted_server> server_;
    std::unique_ptr<http_upstream> upstream_;
};

}  // namespace mote::node::detail
