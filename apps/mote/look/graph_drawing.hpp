#pragma once

#include <apps/mote/look/service_graph.hpp>

#include <map>
#include <string>
#include <utility>

namespace mote::command {

/// Short names for what is drawn (`s0`, `s0e1`, `t0`, `x0`), as the names of services and streams may hold anything.
class drawing_names {
public:
    explicit drawing_names(const service_graph& graph) {
        for (const auto& [name, service] : graph.services) {
            const std::string own = "s" + std::to_string(services_.size());
            services_[name] = own;
            std::size_t at = 0;
            for (const auto& [endpoint, about] : service.endpoints)
                endpoints_[{name, endpoint}] = own + "e" + std::to_string(at++);
        }
        for (const auto& [name, stream] : graph.streams) streams_[name] = "t" + std::to_string(streams_.size());
        for (const auto& name : graph.strangers()) strangers_[name] = "x" + std::to_string(strangers_.size());
    }

    const std::string& service(const std::string& name) const { return services_.at(name); }
    const std::string& endpoint(const std::string& service, const std::string& name) const {
        return endpoints_.at({service, name});
    }
    const std::string& stream(const std::string& name) const { return streams_.at(name); }
    /// By the name of what is drawn for it.
    const std::map<std::string, std::string>& strangers() const noexcept { return strangers_; }
    /// A service, or a caller that is none here.
    const std::string& caller(const std::string& name) const {
        const auto known = services_.find(name);
        return known != services_.end() ? known->second : strangers_.at(name);
    }

private:
    std::map<std::string, std::string> services_;
    std::map<std::pair<std::string, std::string>, std::string> endpoints_;
    std::map<std::string, std::string> streams_;
    std::map<std::string, std::string> strangers_;
};

/// What is written to a stranger: `*` stands for the callers past those that an endpoint counts by name.
inline std::string stranger_text(const std::string& name) { return name == "*" ? "others" : name; }

}  // namespace mote::command
