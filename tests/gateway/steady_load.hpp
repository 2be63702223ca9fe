#pragma once

#include <tests/gateway/front_world.hpp>
#include <tests/http/crowd.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <map>
#include <set>

namespace mote::test {

/// What came of many calls.
struct call_tally {
    std::map<int, int> by_status;
    std::set<std::string> good;      // texts of those that were answered as they should be
    std::vector<std::string> wrong;  // what is neither that nor an error of a server that is away
    std::chrono::nanoseconds longest{0};
    std::size_t running = 0;

    std::size_t answered() const {
        std::size_t sum = 0;
        for (const auto& [status, count] : by_status) sum += static_cast<std::size_t>(count);
        return sum;
    }
};

/// Calls a gateway 500 times a second by the clock, whatever becomes of the calls before: what is late is sent at once, and
/// no call waits for the connection of another one. The text of a call is its number.
class steady_load {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t rate = 500;

    /// `request_of` makes a call of its text, `is_good` says whether an answer is the right one for it.
    steady_load(front_world& here, std::function<http::request(const std::string&)> request_of,
                std::function<bool(const std::string&, const http::response&)> is_good)
        : executor_(here.connection.executor()),
          client_(std::make_shared<http::client>(executor_, options())),
          request_of_(std::move(request_of)),
          is_good_(std::move(is_good)) {
        raise_descriptor_limit();
    }

    /// Until `time` from now has passed, and as many are sent as should have been since the first one: also those of a time in
    /// which this thread did something else.
    asio::awaitable<void> send_for(std::chrono::milliseconds time) {
        if (start_ == clock::time_point()) start_ = clock::now();
        const auto until = clock::now() + time;
        for (;;) {
            const auto now = clock::now();
            elapsed_ = now - start_;
            while (sent_ < scheduled()) send_one();
            if (now >= until) break;
            co_await pause_for(1ms);
        }
    }

    std::size_t sent() const noexcept { return sent_; }
    /// How many should have been sent until `send_for` returned.
    std::size_t scheduled() const noexcept {
        return static_cast<std::size_t>(elapsed_ * rate / std::chrono::seconds(1));
    }
    std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }
    const call_tally& seen() const noexcept { return *seen_; }
    /// For a second load, after a rest.
    void start_anew() {
        start_ = clock::time_point();
        sent_ = 0;
        seen_ = std::make_shared<call_tally>();
    }

private:
    static http::client_options options() {
        http::client_options opts;
        opts.proxy = "";
        opts.retries = 0;
        opts.max_connections = 10'000;
        return opts;
    }

    void send_one() {
        const auto text = std::to_string(next_++);
        ++sent_;
        asio::co_spawn(executor_, one(client_, request_of_(text), text, is_good_, seen_),
                       [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    }

    static asio::awaitable<void> one(std::shared_ptr<http::client> client, http::request asked, std::string text,
                                     std::function<bool(const std::string&, const http::response&)> is_good,
                                     std::shared_ptr<call_tally> seen) {
        const auto begun = clock::now();
        ++seen->running;
        try {
            const auto answer = co_await client->send(std::move(asked));
            ++seen->by_status[answer.status];
            if (is_good(text, answer))
                seen->good.insert(text);
            else if (answer.status != 502 && answer.status != 503 && answer.status != 504)
                seen->wrong.push_back(text + ": " + std::to_string(answer.status) + ": " + answer.body);
        } catch (const boost::system::system_error& failed) {
            ++seen->by_status[0];
            // An answer that had begun and is cut off its client notices; one that is not there in time is none.
            if (failed.code() != http::errc::connection_lost) seen->wrong.push_back(text + ": " + failed.what());
        }
        seen->longest = std::max<std::chrono::nanoseconds>(seen->longest, clock::now() - begun);
        --seen->running;
    }

    asio::any_io_executor executor_;
    std::shared_ptr<http::client> client_;
    std::function<http::request(const std::string&)> request_of_;
    std::function<bool(const std::string&, const http::response&)> is_good_;
    std::shared_ptr<call_tally> seen_ = std::make_shared<call_tally>();
    clock::time_point start_{};
    std::chrono::nanoseconds elapsed_{0};
    std::size_t sent_ = 0;
    std::size_t next_ = 0;
};

}  // namespace mote::test
