#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {

/// What a collector says to one request; afterwards it says 200 `{}`.
struct collector_answer {
    unsigned status = 200;
    std::string retry_after;
    bool never = false;  // no answer at all
};

/// What a collector got.
struct collector_request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    boost::json::value body;
    std::chrono::steady_clock::time_point came;

    /// Of the first resource and scope.
    const boost::json::array& spans() const;
};

/// An HTTP server for OTLP on 127.0.0.1, on the loop of the test.
class fake_collector {
public:
    explicit fake_collector(const boost::asio::any_io_executor& executor);
    ~fake_collector();
    fake_collector(const fake_collector&) = delete;
    fake_collector& operator=(const fake_collector&) = delete;

    std::uint16_t port() const;
    std::deque<collector_answer>& answers();
    const std::vector<collector_request>& requests() const;
    /// How many requests were under way at once, at most.
    int most_at_once() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace mote::test
