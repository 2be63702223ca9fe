#pragma once

#include <tests/micro/works.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace mote::test {

inline micro::work_options quick_in_order() {
    auto opts = quick();
    opts.order = micro::work_order::by_header("Key");
    return opts;
}

/// Publishes the numbers `first` to `last` for each of these keys of one letter, the keys taking turns.
inline asio::awaitable<void> publish_keys(jetstream::context js, std::string keys, int first, int last) {
    for (int number = first; number <= last; ++number) {
        for (const auto letter : keys) {
            const std::string key(1, letter);
            jetstream::publish_options with;
            with.headers = {{"Key", key}};
            with.message_id = key + std::to_string(number);
            co_await js.publish("jobs.do", std::to_string(number), with);
        }
    }
}

/// What became of the messages of each key, over all instances.
struct history {
    std::map<std::string, std::vector<int>> begun;  ///< every try
    std::map<std::string, std::vector<int>> done;
    std::map<std::string, int> running_of;
    int running = 0;
    int most_running = 0;
    std::vector<std::string> wrong;

    void begin(const std::string& key, int number) {
        const auto text = key + std::to_string(number);
        if (++running_of[key] > 1) wrong.push_back(text + " begun beside another one");
        const auto& before = done[key];
        const int next = before.empty() ? 1 : *std::max_element(before.begin(), before.end()) + 1;
        if (number > next) wrong.push_back(text + " begun before " + std::to_string(next));
        begun[key].push_back(number);
        most_running = std::max(most_running, ++running);
    }
    void end(const std::string& key, int number, bool well = true) {
        --running_of[key];
        --running;
        if (well) done[key].push_back(number);
    }
    /// An instance that had this one is gone.
    void lose(const std::string& key) {
        --running_of[key];
        --running;
    }
    std::size_t count_done() const {
        std::size_t count = 0;
        for (const auto& [key, numbers] : done) count += numbers.size();
        return count;
    }
    bool has_done(const std::string& key, int number) const {
        const auto found = done.find(key);
        return found != done.end() &&
               std::find(found->second.begin(), found->second.end(), number) != found->second.end();
    }
};

inline std::vector<int> one_to(int last) {
    std::vector<int> numbers;
    for (int i = 1; i <= last; ++i) numbers.push_back(i);
    return numbers;
}

inline std::string key_of(const micro::event& job) { return std::string(job.headers().get("Key").value_or("")); }
inline int number_of(const micro::event& job) { return std::stoi(std::string(job.data())); }

/// Some milliseconds, at random.
inline asio::awaitable<void> a_while(int most = 5) {
    static std::minstd_rand random{7};
    const auto milliseconds = std::uniform_int_distribution<int>(0, most)(random);
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(milliseconds));
    co_await timer.async_wait(asio::use_awaitable);
}

/// A handler that takes a while and notes it.
inline auto noting(std::shared_ptr<history> seen) {
    return [seen](micro::event job) -> asio::awaitable<void> {
        const auto key = key_of(job);
        const int number = number_of(job);
        seen->begin(key, number);
        co_await a_while();
        seen->end(key, number);
    };
}

/// Whether the server can pin, so that keys do not wait for one another.
inline bool pins(const jetstream::context& js) { return server_at_least(js, 2, 11); }

}  // namespace mote::test
