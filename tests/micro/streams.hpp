#pragma once

#include <tests/micro/world.hpp>

#include <mote/micro/stream.hpp>
#include <mote/micro/stream_reader.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mote::test {

/// What a reader got: its items, and why it ended when that was an error.
struct read_items {
    std::vector<std::string> items;
    failure failed;
};

inline asio::awaitable<read_items> read_rest(std::shared_ptr<micro::reply_reader> reader) {
    read_items got;
    try {
        while (auto item = co_await reader->next()) got.items.emplace_back(item->payload());
    } catch (const boost::system::system_error& thrown) {
        got.failed.code = thrown.code();
        got.failed.text = thrown.what();
    }
    co_return got;
}

inline std::shared_ptr<micro::reply_reader> reader_of(const nats::connection& caller, std::string subject,
                                                      std::string payload = {}, micro::stream_options opts = {}) {
    return std::make_shared<micro::reply_reader>(
        micro::read_stream(caller, std::move(subject), std::move(payload), std::move(opts)));
}

/// "1", "2", ... "count"
inline std::vector<std::string> numbers_to(int count) {
    std::vector<std::string> numbers;
    for (int i = 1; i <= count; ++i) numbers.push_back(std::to_string(i));
    return numbers;
}

inline micro::reply_stream<int> count_to(int n) {
    for (int i = 1; i <= n; ++i) co_yield i;
}

/// What a test sees of a handler's coroutine.
struct witness {
    int made = 0;   // items
    int alive = 0;  // coroutines that have begun and are not destroyed

    class presence {
    public:
        explicit presence(std::shared_ptr<witness> seen) : seen_(std::move(seen)) { ++seen_->alive; }
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;
        ~presence() { --seen_->alive; }

    private:
        std::shared_ptr<witness> seen_;
    };
};

inline micro::reply_stream<int> count_for_ever(std::shared_ptr<witness> seen) {
    const witness::presence here(seen);
    for (;;) co_yield ++seen->made;
}

/// Yields one item and then waits until the gate is open, then ends.
inline micro::reply_stream<int> one_and_wait(std::shared_ptr<witness> seen, gate until) {
    const witness::presence here(seen);
    co_yield ++seen->made;
    co_await until.pass();
    ++seen->made;
}

inline micro::endpoint_stats stats_of(const micro::service& service, std::size_t index = 0) {
    return service.stats().endpoints.at(index);
}

}  // namespace mote::test
