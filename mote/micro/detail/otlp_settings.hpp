#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mote::micro::detail {

using text_pairs = std::vector<std::pair<std::string, std::string>>;

/// Where a collector listens.
struct otlp_target {
    bool tls = false;       ///< 1.2 or newer; its certificate is checked, with its name
    std::string ca_file{};  ///< who may have signed that; empty: those whom the system trusts
    std::string host{};     ///< a name or an address, IPv6 without brackets
    std::uint16_t port = 80;
    std::string path{};  ///< with the query; not empty
    std::string host_header{};
    text_pairs headers{};
};

/// How spans are sent.
struct otlp_settings {
    otlp_target target{};
    text_pairs resource{};  ///< who sends them
    std::size_t max_waiting = 2048;
    std::size_t max_batch = 512;
    std::chrono::nanoseconds delay{std::chrono::seconds(5)};     ///< from the first span of a batch to its leaving
    std::chrono::nanoseconds timeout{std::chrono::seconds(10)};  ///< of one HTTP request, in all
    std::chrono::nanoseconds backoff{std::chrono::seconds(1)};   ///< before the second try; doubled each time
    std::chrono::nanoseconds longest_pause{std::chrono::seconds(30)};  ///< whatever the collector asks for
    int max_tries = 5;
    std::function<void(const std::string&)> warn{};  ///< at the first batch of a row that is lost
};

}  // namespace mote::micro::detail
