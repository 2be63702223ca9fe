#pragma once

#include <tests/http/http_server.hpp>

#include <mote/http/client.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mote::test {

/// What became of a request that a test has started.
struct http_outcome {
    bool done = false;
    std::optional<http::response> response{};
    boost::system::error_code error{};
    std::string what{};
    boost::asio::cancellation_signal cancel{};
};

/// Server, client and test share one thread and one io_context, so a test moves all of them by `until`.
class http_test : public ::testing::Test {
protected:
    /// Options for tests: no proxy of the environment, no long pauses.
    static http::client_options quick() {
        http::client_options options;
        options.proxy = "";
        options.retry_backoff = std::chrono::milliseconds(1);
        return options;
    }

    std::shared_ptr<http_outcome> start(boost::asio::awaitable<http::response> request) {
        auto outcome = std::make_shared<http_outcome>();
        const auto keep = [outcome](std::exception_ptr failure, http::response response) {
            outcome->done = true;
            try {
                if (failure) std::rethrow_exception(failure);
                outcome->response = std::move(response);
            } catch (const boost::system::system_error& error) {
                outcome->error = error.code();
                outcome->what = error.what();
            }
        };
        boost::asio::co_spawn(io, std::move(request),
                              boost::asio::bind_cancellation_slot(outcome->cancel.slot(), keep));
        return outcome;
    }

    void until(const std::function<bool()>& reached) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!reached()) {
            io.restart();
            ASSERT_GT(io.run_one_until(deadline), 0U) << "nothing more happens, or not in time";
        }
    }

    std::shared_ptr<http_outcome> finish(boost::asio::awaitable<http::response> request) {
        auto outcome = start(std::move(request));
        until([&] { return outcome->done; });
        return outcome;
    }

    boost::asio::io_context io{1};
};

}  // namespace mote::test
