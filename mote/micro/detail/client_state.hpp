#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/detail/directory.hpp>
#include <mote/micro/detail/target.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro::detail {

/// What stands behind a client. Its calls keep it.
class client_state {
public:
    using time_point = std::chrono::steady_clock::time_point;

    client_state(nats::connection connection, const client_options& opts);

    static boost::asio::awaitable<nats::message> call(std::shared_ptr<client_state> self, std::string service,
                                                      std::string endpoint, std::string payload, call_options opts);
    static boost::asio::awaitable<nats::message> call_subject(std::shared_ptr<client_state> self, std::string subject,
                                                              std::string payload, call_options opts);
    static boost::asio::awaitable<std::vector<instance_reply<nats::message>>> call_all(
        std::shared_ptr<client_state> self, std::string service, std::string endpoint, std::string payload,
        gather_options opts);

private:
    /// One question and, where it is hedged, its repetition.
    struct question {
        std::string subject{};
        std::string again{};  // where it is asked the second time
        std::optional<std::chrono::nanoseconds> delay{};
        time_point deadline{};
    };

    time_point deadline_of(std::chrono::nanoseconds timeout, const std::optional<time_point>& also) const;
    question make_question(const found_service& service, const std::string& endpoint, const call_options& opts,
                           const target& chosen, const std::set<std::string>& silent, time_point deadline);
    boost::asio::awaitable<nats::message> ask(question asked, const std::string* payload, const call_options* opts);
    boost::asio::awaitable<nats::message> request(const std::string& subject, const std::string& payload,
                                                  const nats::headers& headers, time_point deadline) const;
    void note_latency(const std::string& service, const std::string& endpoint, std::chrono::nanoseconds took);

    nats::connection connection_;
    client_options opts_;
    std::shared_ptr<directory> directory_;
    std::uint64_t turn_;
};

}  // namespace mote::micro::detail
