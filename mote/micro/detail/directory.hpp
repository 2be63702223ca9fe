#pragma once

#include <mote/micro/call_options.hpp>
#include <mote/micro/detail/latency_histogram.hpp>
#include <mote/micro/detail/survey.hpp>
#include <mote/micro/found_service.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro::detail {

/// A service as it answered to one look; never changes.
struct known_service {
    found_service service{};
    std::chrono::steady_clock::time_point asked_at{};
};

/// What a client knows of services. Callers that want the same one at the same time share a look; a caller that needs
/// only one instance does not wait for the others. One executor; has to be held by a `shared_ptr`.
class directory : public std::enable_shared_from_this<directory> {
public:
    using time_point = std::chrono::steady_clock::time_point;
    /// Whether what has been found so far is enough for a caller.
    using sufficient = std::function<bool(const found_service&)>;

    directory(nats::connection connection, const client_options& opts);
    ~directory();

    /// What is wanted of a look.
    struct wish {
        sufficient enough;  ///< else all instances have to have answered
        time_point oldest;  ///< the look was begun then or later
        time_point settle;  ///< any instance at all is enough from then on
        time_point deadline;
    };

    /// A service as it is, or was not long ago. Throws `errc::not_found`, nats `errc::timeout` at the deadline, what
    /// `discovery::info` throws.
    static boost::asio::awaitable<std::shared_ptr<const known_service>> find(std::shared_ptr<directory> self,
                                                                             std::string name, wish wanted);

    /// What is known of a service, or has been found of it so far, when that was asked for at `oldest` or later; else null.
    std::shared_ptr<const known_service> latest(std::string_view name, time_point oldest);

    /// Of a known service's endpoint; null when the service is not known.
    latency_histogram* latencies(std::string_view service, std::string_view endpoint);

private:
    /// One question to all instances, under way or ended.
    struct look {
        look(const nats::connection& connection, discovery_options opts)
            : asking(connection, "INFO", std::move(opts)) {}
        survey asking;
        known_service found;
        std::shared_ptr<const known_service> shown;  // copy of `found` for callers; empty when it is out of date
        bool ended = false;
        std::string missing;  // why nothing was found
        std::exception_ptr failed;
        std::vector<std::shared_ptr<nats::async_event>> waiting;

        void wake_all();
        const std::shared_ptr<const known_service>& show();
    };
    struct entry {
        std::shared_ptr<const known_service> known;
        std::shared_ptr<look> looking;
        std::map<std::string, latency_histogram, std::less<>> latencies;
    };

    std::shared_ptr<look> begin_look(const std::string& name, entry& at);
    static boost::asio::awaitable<void> look_around(std::weak_ptr<directory> weak, std::string name,
                                                    std::shared_ptr<look> begun, nats::connection connection);
    void end_look(const std::string& name, const std::shared_ptr<look>& ended);
    void forget_oldest();

    nats::connection connection_;
    client_options opts_;
    std::map<std::string, entry, std::less<>> entries_;
};

}  // namespace mote::micro::detail
