#pragma once

#include <mote/gateway/detail/upload.hpp>
#include <mote/micro/service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// Gives nodes the bodies that are too large for a message, as streams (docs/protocol.md, "Functions"): the micro service
/// `mote-gateway`, by which a gateway is seen, too.
class upload_service {
public:
    /// A node that takes nothing for `patience` is given up.
    upload_service(const nats::connection& connection, std::string version, std::chrono::nanoseconds patience);
    upload_service(const upload_service&) = delete;
    upload_service& operator=(const upload_service&) = delete;

    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    /// An upload under a subject that nobody can guess, as long as this lives.
    class offer {
    public:
        offer(upload_service& by, std::shared_ptr<upload> what);
        offer(const offer&) = delete;
        offer& operator=(const offer&) = delete;
        ~offer();

        const std::string& subject() const noexcept { return subject_; }

    private:
        upload_service& by_;
        std::string token_;
        std::string subject_;
    };

private:
    boost::asio::awaitable<void> send(micro::request asked);

    nats::connection connection_;
    std::string prefix_;  // of the subjects, with the last point
    std::map<std::string, std::shared_ptr<upload>, std::less<>> offered_;
    micro::service service_;
};

}  // namespace mote::gateway::detail
