#pragma once

#include <mote/gateway/detail/exposed_endpoint.hpp>
#include <mote/gateway/detail/route.hpp>
#include <mote/gateway/gateway.hpp>

#include <mote/micro/watch.hpp>

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// The services that are there, and the ways to their endpoints. Follows them, and looks at once for one that it does not
/// know yet.
class service_table {
public:
    service_table(nats::connection connection, const gateway_options& opts);

    struct target {
        endpoint_pointer endpoint{};
        route_values values{};
    };

    /// The endpoint that may be asked by its name; nothing when there is none, or it is not exposed.
    boost::asio::awaitable<endpoint_pointer> find(std::string service, std::string endpoint);
    /// The endpoint whose route says so. `allowed` gets the methods of the routes that only differ in that.
    std::optional<target> match(std::string_view method, std::string_view path, std::string& allowed);
    /// All instances, with the endpoints that are exposed.
    std::vector<micro::service_info> exposed() const;
    /// Whether an endpoint of any service, exposed or not, has that subject.
    bool serves(std::string_view subject);
    std::size_t instances() const { return watch_.instances().size(); }
    std::size_t routes() {
        refresh();
        return ways_.size();
    }
    boost::asio::awaitable<void> stop() { return watch_.stop(); }

private:
    struct way {
        detail::route route;
        endpoint_pointer endpoint;
    };
    using endpoints = std::map<std::string, endpoint_pointer, std::less<>>;  // of a service, by name

    void refresh();
    endpoints exposed_of(const micro::found_service& found) const;
    bool is_exposed(const std::string& owner, const std::string& name, const micro::metadata& metadata) const;

    nats::connection connection_;
    std::vector<std::string> expose_;
    std::map<std::string, endpoints, std::less<>> services_;
    std::vector<way> ways_;
    std::set<std::string> subjects_;  // of all endpoints
    bool stale_ = false;              // an instance came, went or changed since the last look
    micro::service_watch watch_;
};

}  // namespace mote::gateway::detail
