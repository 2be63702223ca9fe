#include <mote/gateway/detail/service_table.hpp>

#include <mote/gateway/detail/answers.hpp>
#include <mote/http/message.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <utility>

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
          watching.on_event = [this](const micro::service_event&) { stale_ = true; };
          return micro::service_watch(connection_, std::move(watching));
      }()) {}

bool service_table::is_exposed(const std::string& owner, const std::string& name,
                               const micro::metadata& metadata) const {
    if (route::parse(micro::metadata_value(metadata, route_key)) ||
        micro::metadata_value(metadata, expose_key) == "true")
        return true;
    return std::ranges::any_of(
        expose_, [&](const std::string& each) { return each == "*" || each == owner || each == owner + "/" + name; });
}

service_table::endpoints service_table::exposed_of(const micro::found_service& found) const {
    endpoints result;
    for (const auto& endpoint : found.endpoints) {
        const auto* const chosen = found.endpoint(endpoint.name);  // where instances differ, that of most
        if (!is_exposed(found.name, chosen->name, chosen->metadata)) continue;
        result.try_emplace(chosen->name, std::make_shared<const exposed_endpoint>(*chosen));
    }
    return result;
}

/// Once for all that has changed, and only when somebody asks: a thousand instances come one by one.
void service_table::refresh() {
    if (!std::exchange(stale_, false)) return;
    std::map<std::string, micro::found_service> found;
    subjects_.clear();
    for (auto& instance : watch_.instances()) {
        for (const auto& endpoint : instance.endpoints) subjects_.insert(endpoint.subject);
        auto& one = found[instance.name];
        one.name = instance.name;
        one.add(std::move(instance));
    }
    services_.clear();
    ways_.clear();
    for (const auto& [name, one] : found) {
        const auto& at = services_[name] = exposed_of(one);
        for (const auto& [endpoint, exposed] : at)
            if (auto parsed = route::parse(micro::metadata_value(exposed->metadata, route_key)))
                ways_.push_back({std::move(*parsed), exposed});
    }
    std::ranges::stable_sort(ways_, {}, [](const way& each) { return each.route.names(); });
}

asio::awaitable<endpoint_pointer> service_table::find(std::string name, std::string endpoint) {
    const auto in = [&endpoint](const endpoints& of) {
        const auto at = of.find(endpoint);
        return at == of.end() ? nullptr : at->second;
    };
    refresh();
    if (const auto known = services_.find(name); known != services_.end()) co_return in(known->second);
    if (is_away(connection_)) co_return nullptr;
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
    co_return found ? in(exposed_of(*found)) : nullptr;
}

std::optional<service_table::target> service_table::match(std::string_view method, std::string_view path,
                                                          std::string& allowed) {
    refresh();
    for (const auto& each : ways_) {
        auto values = each.route.match(path);
        if (!values) continue;
        const bool same = each.route.method() == method || (method == "HEAD" && each.route.method() == "GET");
        if (same) return target{each.endpoint, std::move(*values)};
        const std::string more = each.route.method() == "GET" ? "GET, HEAD" : each.route.method();
        if (!http::has_word(allowed, each.route.method())) allowed += (allowed.empty() ? "" : ", ") + more;
    }
    return std::nullopt;
}

bool service_table::serves(std::string_view subject) {
    refresh();
    return std::ranges::any_of(subjects_,
                               [&](const std::string& each) { return nats::subject_matches(each, subject); });
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
