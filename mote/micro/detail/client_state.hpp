#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/detail/client_span.hpp>
#include <mote/micro/detail/directory.hpp>
#include <mote/micro/detail/target.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
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
    static boost::asio::awaitable<reply_reader> read_stream(std::shared_ptr<client_state> self, std::string service,
                                                            std::string endpoint, std::string payload,
                                                            stream_options opts);
    static boost::asio::awaitable<std::vector<instance_reply<nats::message>>> call_all(
        std::shared_ptr<client_state> self, std::string service, std::string endpoint, std::string payload,
        gather_options opts);

    /// The span of a call, when somebody wants it and its trace is recorded. The headers of the call then name it.
    std::optional<client_span> open_span(const call_told& told, nats::headers& headers) const;

private:
    /// One question and, where it is hedged, what its repetition goes by.
    struct question {
        std::string subject{};
        time_point deadline{};
        std::optional<std::chrono::nanoseconds> delay{};  // until it is asked a second time
        std::shared_ptr<const known_service> known{};     // null: then it goes to the same subject
        std::string endpoint{};
        std::set<std::string> asked{};  // instances that it does not go to, if there are others
        bool apart = false;             // as choice::one_of_a_group
    };

    time_point deadline_of(std::chrono::nanoseconds timeout, const std::optional<time_point>& also) const;
    question make_question(std::shared_ptr<const known_service> known, const std::string& endpoint,
                           const call_options& opts, const target& chosen, const std::set<std::string>& silent);
    boost::asio::awaitable<nats::message> ask(const question* asked, const std::string* payload,
                                              const call_options* opts);
    std::string second_subject(const question& asked, const call_options& opts);
    boost::asio::awaitable<nats::message> request(const std::string& subject, const std::string& payload,
                                                  const nats::headers& headers, time_point deadline) const;
    void note_latency(const std::string& service, const std::string& endpoint, std::chrono::nanoseconds took);

    nats::connection connection_;
    client_options opts_;
    std::shared_ptr<directory> directory_;
    std::uint64_t turn_;
};

}  // namespace mote::micro::detail
