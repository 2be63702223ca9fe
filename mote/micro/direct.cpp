#include <mote/micro/direct.hpp>

#include <mote/micro/detail/wildcards.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>

namespace mote::micro {

std::optional<std::string> direct_subject(const service_info& instance, std::string_view endpoint) {
    const auto prefix = instance.metadata.find(std::string(direct_key));
    if (prefix == instance.metadata.end()) return std::nullopt;
    const auto found = std::ranges::find(instance.endpoints, endpoint, &endpoint_info::name);
    if (found == instance.endpoints.end() || detail::has_wildcards(found->subject)) return std::nullopt;
    auto subject = prefix->second + "." + found->name;
    if (!nats::is_valid_publish_subject(subject) || detail::has_wildcards(subject)) return std::nullopt;
    return subject;
}

}  // namespace mote::micro
