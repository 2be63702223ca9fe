#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/encode.hpp>

#include <boost/describe/class.hpp>
#include <set>
#include <sys/utsname.h>

namespace mote::gateway::detail {
namespace {

struct version_info {
    std::string sha{};
    std::string release{};
};
BOOST_DESCRIBE_STRUCT(version_info, (), (sha, release))

struct provider_info {
    std::string provider{};  ///< its name
    version_info version{};
    std::string orchestration{};
};
BOOST_DESCRIBE_STRUCT(provider_info, (), (provider, version, orchestration))

struct gateway_info {
    provider_info provider{};
    version_info version{};
    std::string arch{};
};
BOOST_DESCRIBE_STRUCT(gateway_info, (), (provider, version, arch))

struct telemetry {
    std::size_t functions = 0;
    std::uint64_t replicas = 0;  ///< wanted
    std::size_t namespaces = 0;  ///< with functions in them
    std::size_t nodes = 0;
    std::string version{};
};
BOOST_DESCRIBE_STRUCT(telemetry, (), (functions, replicas, namespaces, nodes, version))

std::string machine() {
    utsname name{};
    return uname(&name) == 0 ? std::string(name.machine) : std::string();
}

}  // namespace

system_answer show_info(system_state& state, system_request&) {
    gateway_info info;
    info.version.sha = state.opts.commit;
    info.version.release = state.opts.version;
    info.provider.provider = "mote";
    info.provider.version = info.version;
    info.provider.orchestration = "nats";
    info.arch = machine();
    co_return json_answer(http::status::ok, json::encode(info));
}

system_answer show_telemetry(system_state& state, system_request&) {
    telemetry seen;
    std::set<std::string_view> spaces;
    for (const auto& [name, stored] : state.parts.functions.all()) {
        seen.replicas += stored.what.replicas;
        spaces.insert(name.space);
    }
    seen.functions = state.parts.functions.all().size();
    seen.namespaces = spaces.size();
    seen.nodes = state.parts.nodes.alive().size();
    seen.version = state.opts.version;
    co_return json_answer(http::status::ok, json::encode(seen));
}

}  // namespace mote::gateway::detail
