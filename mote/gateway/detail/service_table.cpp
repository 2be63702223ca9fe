#include <mote/gateway/detail/service_table.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

const std::string route_key = "http.route";
const std::string expose_key = "http.expose";

}  // namespace

service_table::service_table(nats::connection connection, const gateway_options& opts)
    : connection_(std::move(connection)), expose_(opts.expose), watch_([&] {
          micro::watch_options watching;
          watching.interval = opts.refresh;
          watching.info_rounds = 1;  // an endpoint that is added or removed is seen in the next round
          watching.on_event = [this](const micro::service_event&) { rebuild(); };
          return micro::service_watch(connection_, std::move(watching));
      }()) {}

bool service_table::is_exposed(const std::string& owner, const std::string& name,
                               const micro::metadata& metadata) const {
    const auto says_so = metadata.find(expose_key);
    if (metadata.contains(route_key) || (says_so != metadata.end() && says_so->second == "true")) return true;
    return std::ranges::any_of(
        expose_, [&](const std::string& each) { return each == "*" || each == owner || each == owner + "/" + name; });
}

void service_table::add(service& into) const {
    for (const auto& endpoint : into.found.endpoints) {
        const auto* const chosen = into.found.endpoint(endpoint.name);  // where instances differ, that of most
        if (!is_exposed(into.found.name, chosen->name, chosen->metadata)) continue;
        into.endpoints.try_emplace(chosen->name, std::make_shared<const micro::found_endpoint>(*chosen));
    }
}

/// Small work, and seldom: only when an instance came, went or changed.
void service_table::rebuild() {
    std::map<std::string, service, std::less<>> services;
    for (auto& instance : watch_.instances()) {
        auto& one = services[instance.name];
        one.found.name = instance.name;
        one.found.add(std::move(instance));
    }
    std::vector<way> ways;
    for (auto& [name, one] : services) {
        add(one);
        for (const auto& [endpoint, found] : one.endpoints)
            if (const auto text = found->metadata.find(route_key); text != found->metadata.end())
                if (auto parsed = route::parse(text->second)) ways.push_back({std::move(*parsed), found});
    }
    std::ranges::stable_sort(ways, {}, [](const way& each) { return each.route.names(); });
    services_ = std::move(services);
    ways_ = std::move(ways);
}

std::shared_ptr<const micro::found_endpoint> service_table::known(std::string_view owner,
                                                                  std::string_view endpoint) const {
    const auto found = services_.find(owner);
    if (found == services_.end()) return nullptr;
    const auto at = found->second.endpoints.find(endpoint);
    return at == found->second.endpoints.end() ? nullptr : at->second;
}

asio::awaitable<std::shared_ptr<const micro::found_endpoint>> service_table::find(std::string name,
                                                                                  std::string endpoint) {
    if (auto at_hand = known(name, endpoint)) co_return at_hand;
    if (services_.contains(name)) co_return nullptr;
    // It may have come since the last round.
    micro::discovery others(connection_);
    micro::discovery_options opts;
    opts.timeout = std::chrono::seconds(2);
    opts.stall = std::chrono::milliseconds(50);
    std::optional<micro::found_service> found;
    try {
        found = co_await others.find(name, micro::version_range(), opts);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != micro::errc::bad_name) throw;
    }
    if (!found) co_return nullptr;
    service now;
    now.found = std::move(*found);
    add(now);
    const auto at = now.endpoints.find(endpoint);
    co_return at == now.endpoints.end() ? nullptr : at->second;
}

std::optional<service_table::target> service_table::match(std::string_view method, std::string_view path,
                                                          std::string& allowed) const {
    for (const auto& each : ways_) {
        auto values = each.route.match(path);
        if (!values) continue;
        const bool same = each.route.method() == method || (method == "HEAD" && each.route.method() == "GET");
        if (same) return target{each.endpoint, std::move(*values)};
        allowed += (allowed.empty() ? "" : ", ") + each.route.method();
    }
    return std::nullopt;
}

std::vector<micro::service_info> service_table::exposed() const {
    auto all = watch_.instances();
    for (auto& instance : all)
        std::erase_if(instance.endpoints, [&](const micro::endpoint_info& endpoint) {
            return !is_exposed(instance.name, endpoint.name, endpoint.metadata);
        });
    std::erase_if(all, [](const micro::service_info& instance) { return instance.endpoints.empty(); });
    return all;
}

}  // namespace mote::gateway::detail
