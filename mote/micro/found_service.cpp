#include <mote/micro/found_service.hpp>

#include <algorithm>
#include <utility>

namespace mote::micro {
namespace {

std::string kind_of(const metadata& said) {
    const auto found = said.find("mote.kind");
    return found == said.end() ? "endpoint" : found->second;
}

}  // namespace

const found_endpoint* found_service::endpoint(std::string_view wanted) const noexcept {
    const found_endpoint* best = nullptr;
    for (const auto& each : endpoints)
        if (each.name == wanted && (best == nullptr || each.ids.size() > best->ids.size())) best = &each;
    return best;
}

const service_info* found_service::instance(std::string_view id) const noexcept {
    const auto found = std::ranges::find(instances, id, &service_info::id);
    return found == instances.end() ? nullptr : &*found;
}

void found_service::add(service_info answered) {
    if (instance(answered.id) != nullptr) return;
    for (const auto& offered : answered.endpoints) {
        auto same = std::ranges::find_if(endpoints, [&](const found_endpoint& each) {
            return each.name == offered.name && each.subject == offered.subject &&
                   each.queue_group == offered.queue_group;
        });
        if (same == endpoints.end()) {
            endpoints.push_back(
                {offered.name, offered.subject, offered.queue_group, kind_of(offered.metadata), offered.metadata, {}});
            same = std::prev(endpoints.end());
        }
        if (same->ids.empty() || same->ids.back() != answered.id) same->ids.push_back(answered.id);
    }
    instances.push_back(std::move(answered));
}

}  // namespace mote::micro
