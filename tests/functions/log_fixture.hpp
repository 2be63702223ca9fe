#pragma once

#include <mote/functions/log_reader.hpp>
#include <mote/functions/log_writer.hpp>
#include <tests/jetstream/live_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::functions {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;

/// Tests on a server of their own.
class live_logs : public test::live_test {
protected:
    /// Runs `body(server, store)` with an empty store.
    template <class Body>
    void with_logs(Body body, log_limits limits = log_limits()) {
        with_jetstream([body, limits](nats_server& server, jetstream::context js) -> awaitable<void> {
            return prepared(server, std::move(js), limits, body);
        });
    }

private:
    template <class Body>
    static awaitable<void> prepared(nats_server& server, jetstream::context js, log_limits limits, Body body) {
        auto store = co_await log_store::open(js, limits);
        co_await body(server, store);
    }
};

inline function_name named(std::string_view text) { return function_name::parse(text); }

/// All lines of a function, not followed.
inline log_query of(std::string_view function) {
    log_query query;
    query.function = named(function);
    return query;
}

/// Appends the numbers `first` to `last` as lines of `instance`.
inline void append_numbers(log_writer& to, std::string_view function, std::string_view instance, int first, int last) {
    for (int i = first; i <= last; ++i) to.append(named(function), instance, std::to_string(i));
}

/// Stores the numbers `first` to `last`, by a writer of its own.
inline awaitable<void> store_numbers(log_store store, std::string function, int first, int last,
                                     std::string instance = "1") {
    log_writer_options room_for_all;
    room_for_all.max_queued_lines = 100'000;
    log_writer writer(store, room_for_all);
    append_numbers(writer, function, instance, first, last);
    const auto left = co_await writer.stop(30s);
    EXPECT_EQ(left, 0U);
}

/// The texts up to the end.
inline awaitable<std::vector<std::string>> rest_of(log_reader& from) {
    std::vector<std::string> texts;
    while (true) {
        auto line = co_await from.next();
        if (!line) break;
        texts.push_back(std::move(line->text));
    }
    co_return texts;
}

/// The texts of a log that is not followed.
inline awaitable<std::vector<std::string>> texts_of(log_store store, log_query query) {
    auto reader = co_await log_reader::open(store, query);
    auto texts = co_await rest_of(reader);
    co_return texts;
}

inline std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> texts;
    for (int i = first; i <= last; ++i) texts.push_back(std::to_string(i));
    return texts;
}

/// Reads the numbers `first` to `last`, and fails the test for anything else.
inline awaitable<void> expect_numbers(log_reader& from, int first, int last) {
    for (int i = first; i <= last; ++i) {
        const auto line = co_await from.next();
        const auto text = line ? line->text : "the end";
        EXPECT_EQ(text, std::to_string(i));
        if (text != std::to_string(i)) co_return;
    }
}

}  // namespace mote::functions
