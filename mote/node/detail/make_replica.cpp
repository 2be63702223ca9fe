#include <mote/node/detail/fork_replica.hpp>
#include <mote/node/detail/http_replica.hpp>
#include <mote/node/detail/micro_replica.hpp>
#include <mote/node/detail/static_replica.hpp>

namespace mote::node::detail {

std::shared_ptr<replica> make_replica(node_parts& parts, std::shared_ptr<const launch> from, std::string instance) {
    switch (from->settings().mode) {
        case run_mode::classic:
        case run_mode::serializing:
        case run_mode::streaming: return std::make_shared<fork_replica>(parts, std::move(from), std::move(instance));
        case run_mode::http: return std::make_shared<http_replica>(parts, std::move(from), std::move(instance));
        case run_mode::micro: return std::make_shared<micro_replica>(parts, std::move(from), std::move(instance));
        case run_mode::static_files: break;
    }
    return std::make_shared<static_replica>(parts, std::move(from), std::move(instance));
}

}  // namespace mote::node::detail
