#pragma once

#include <mote/gateway/detail/route.hpp>
#include <mote/gateway/gateway.hpp>

#include <mote/micro/found_service.hpp>
#include <mote/micro/watch.hpp>

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
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
        std::shared_ptr<const micro::found_endpoint> endpoint{};
        route_values values{};
    };

    /// The endpoint that may be asked by its name; nothing when there is none, or it is not exposed.
    boost::asio::awaitable<std::shared_ptr<const micro::found_endpoint>> find(std::string service,
                                                                              std::string endpoint);
    /// The endpoint whose route says so. `allowed` gets the methods of the routes that only differ in that.
    std::optional<target> match(std::string_view method, std::string_view path, std::string& allowed) const;
    /// All instances, with the endpoints that are exposed.
    std::vector<micro::service_info> exposed() const;
    std::size_t instances() const { return watch_.instances().size(); }
    std::size_t routes() const noexcept { return ways_.size(); }
    boost::asio::awaitable<void> stop() { return watch_.stop(); }

private:
    struct way {
        detail::route route;
        std::shared_ptr<const micro::found_endpoint> endpoint;
    };
    struct service {
        micro::found_service found{};
        std::map<std::string, std::shared_ptr<const micro::found_endpoint>, std::less<>> endpoints{};  // exposed ones
    };

    void rebuild();
    void add(service& into) const;
    bool is_exposed(const std::string& owner, const std::string& name, const micro::metadata& metadata) const;
    std::shared_ptr<const micro::found_endpoint> known(std::string_view owner, std::string_view endpoint) const;

    nats::connection connection_;
    std::vector<std::string> expose_;
    std::map<std::string, service, std::less<>> services_;
    std::vector<way> ways_;
    micro::service_watch watch_;
};

}  // namespace mote::gateway::detail
