#pragma once

#include <tests/support/raw_client.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mote::test {

/// One message that answers a request.
struct raw_reply {
    std::string payload;
    std::string headers;  // a whole block, or empty
};

/// A request as it came.
struct raw_request {
    std::string subject;
    std::string payload;
    std::string headers;
    std::string reply;
};

/// What answers requests on a NATS server in plain bytes: services as any implementation may write them. It has a thread.
class raw_services {
public:
    /// Answers each of these subjects with all its replies; no reply is silence.
    raw_services(std::uint16_t port, std::map<std::string, std::vector<raw_reply>> answers);
    raw_services(const raw_services&) = delete;
    raw_services& operator=(const raw_services&) = delete;
    ~raw_services();

    /// What was asked so far.
    std::vector<raw_request> requests() const;

private:
    void serve();

    std::map<std::string, std::vector<raw_reply>> answers_;
    raw_client client_;
    mutable std::mutex mutex_;
    std::vector<raw_request> requests_;  // guarded
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// The bodies that one instance answers to PING, INFO and STATS.
struct raw_instance {
    std::string name, id;
    std::string ping, info, stats;
};

/// An instance with one endpoint `echo` on `<name>.echo`, as the official frameworks write it.
raw_instance usual_instance(const std::string& name, const std::string& id,
                            const std::string& description = "says it again");

/// What makes these instances be found: on all subjects of ADR-32.
std::map<std::string, std::vector<raw_reply>> answers_of(const std::vector<raw_instance>& instances);

}  // namespace mote::test
