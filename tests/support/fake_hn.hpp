#pragma once

#include <tests/support/hn_data.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {

struct fake_hn_options {
    hn_data_options data;
    std::uint16_t port = 0;              // 0: any
    std::chrono::milliseconds delay{0};  // before each item's answer; they pass side by side
};

/// A server on 127.0.0.1 that plays the Hacker News API over HTTP/1.1 with kept connections, from its own thread. All
/// functions may be called from any thread; a setting counts for requests that come after it.
class fake_hn {
public:
    explicit fake_hn(const fake_hn_options& options = {});
    fake_hn(const fake_hn&) = delete;
    fake_hn& operator=(const fake_hn&) = delete;
    /// Closes all connections, also those with requests that are not answered.
    ~fake_hn();

    /// `http://127.0.0.1:PORT/v0`
    std::string url() const;
    std::uint16_t port() const noexcept;

    /// What it serves.
    const hn_data& data() const noexcept;
    /// The ids that a correct consumer stores, ascending.
    std::vector<std::int64_t> posts() const;
    /// `hn_data::expected_top`
    std::vector<hn_post> expected_top(std::size_t count, std::int64_t now) const {
        return data().expected_top(count, now);
    }

    void set_delay(std::chrono::milliseconds delay);
    /// The next `count` requests, whatever they ask for, are answered at once with this HTTP status.
    void fail_next(std::size_t count, unsigned status);
    /// Requests for this item are never answered.
    void hang(std::int64_t id);
    /// A path such as `/v0/item/1.json` is answered with 200 and this body.
    void answer_with(const std::string& path, const std::string& body);

    /// How often each path was asked for.
    std::map<std::string, std::size_t> requests() const;
    std::size_t requests(const std::string& path) const;
    std::size_t item_requests() const;
    /// The most items that were asked for and not yet answered at one moment.
    std::size_t max_concurrent() const;
    /// Connections taken so far.
    std::size_t connections() const;
    /// Waits until items were asked for `count` times in all. False when the time is over.
    bool wait_for_item_requests(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;

private:
    struct server;
    std::unique_ptr<server> server_;
};

}  // namespace mote::test
